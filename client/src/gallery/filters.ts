/**
 * `<dasa-filters>`: chips for the emotions with their counts, and the dates.
 *
 * Fires `filter` (a Filter).
 */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import type { Manifest } from "../generated/manifest.js";
import type { TotalsAnswer } from "../generated/api.js";
import { base, controls } from "../styles/shared.js";
import { css as colourOf } from "../view/colour.js";
import { customProperties } from "../view/custom-properties.js";
import { icons } from "../view/icons.js";
import type { Palette } from "../view/palette.js";
import { placeUnderButton, popovers, tellButton } from "../view/popovers.js";
import { count, emotionName, t } from "../words/index.js";
import { dayShort } from "../words/times.js";
import { type Chip, type Chips, chipsOf } from "./chips.js";
import { everything, type Filter, lastDays } from "./filter.js";
import { dayOf } from "./shots.js";

export class DasaFilters extends LitElement {
  static override readonly properties = {
    filter: { attribute: false },
    totals: { attribute: false },
    manifest: { attribute: false },
    palette: { attribute: false },
  };
  declare filter: Filter;
  declare totals: TotalsAnswer | null;
  declare manifest: Manifest | null;
  declare palette: Palette | null;

  static override readonly styles = [
    base,
    controls,
    popovers,
    css`
      :host {
        display: grid;
        gap: var(--space-1);
        min-inline-size: 0;
      }
      .bar {
        display: flex;
        gap: var(--space-1);
        align-items: center;
        min-inline-size: 0;
      }
      .chips {
        display: flex;
        gap: var(--space-1);
        min-inline-size: 0;
        padding: 0.1875rem; /* of the focus ring */
        margin: -0.1875rem;
        overflow-x: auto;
        scrollbar-width: none;
      }
      .bar .chips {
        flex: 1;
      }
      .chip {
        flex: none;
        gap: 0.375rem;
        min-block-size: 2rem;
        min-inline-size: 0;
        padding: 0.125rem 0.75rem;
        border-color: var(--edge);
        border-radius: 1rem;
        font-size: var(--text-small);
        font-weight: 500;
        white-space: nowrap;
      }
      .chip .swatch {
        inline-size: 0.75rem;
        block-size: 0.75rem;
        border-radius: 50%;
      }
      .chip .n {
        color: var(--ink-soft);
        font-variant-numeric: tabular-nums;
        font-weight: 400;
      }
      .chip[aria-pressed="true"] .n {
        color: inherit;
      }
      .dates {
        flex: none;
        min-block-size: 2rem;
        padding: 0.125rem var(--space-1);
        font-size: var(--text-small);
      }
      .dates.set {
        border-color: var(--accent);
        background: var(--accent-soft);
      }
      .dates svg.icon {
        inline-size: 1.125rem;
        block-size: 1.125rem;
      }
      .card {
        inline-size: 18rem;
        padding: var(--space-2);
      }
      .card:popover-open {
        display: grid;
        gap: var(--space-2);
      }
      .pair {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: var(--space-1);
      }
      .pair label {
        display: grid;
        gap: var(--space-half);
        min-inline-size: 0;
        color: var(--ink-soft);
        font-size: var(--text-small);
      }
      input[type="date"] {
        inline-size: 100%;
        min-block-size: var(--target);
        padding: var(--space-half);
        border: 1px solid var(--edge);
        border-radius: var(--radius);
        background: var(--surface);
        color: var(--ink);
        color-scheme: light dark;
        font-size: var(--text-small);
      }
      .quick {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-1);
      }
      @media (width < 30rem) {
        .dates:not(.set) .words {
          display: none;
        }
        .dates.set .words {
          max-inline-size: 6rem;
          overflow: hidden;
          text-overflow: ellipsis;
          white-space: nowrap;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.filter = everything;
    this.totals = null;
    this.manifest = null;
    this.palette = null;
  }

  protected override render(): TemplateResult {
    const chips = this.manifest === null ? null : chipsOf(this.manifest, this.totals?.emotions ?? {}, this.filter.emotion);
    const { emotion } = this.filter;
    return html`
      <div class="bar">
        <div class="chips" role="group" aria-label=${t("filter.label")} data-testid="chips">
          <button type="button" class="chip" aria-pressed=${emotion === null ? "true" : "false"} @click=${() => { this.#choose(null); }}>
            ${t("filter.all")} ${this.totals === null ? nothing : html`<span class="n">${count(this.totals.count)}</span>`}
          </button>
          ${chips?.primaries.map((chip) => this.#chip(chip, true, chips.primary === chip.id))}
        </div>
        ${this.#dates()}
      </div>
      ${this.#terms(chips)}
    `;
  }

  #terms(chips: Chips | null): TemplateResult | typeof nothing {
    const primary = chips?.primary ?? null;
    const terms = chips?.terms ?? [];
    if (primary === null || terms.length === 0) return nothing;
    return html`<div class="chips" role="group" data-testid="terms" aria-label=${t("filter.terms", { emotion: emotionName(primary) })}>
      ${terms.map((chip) => this.#chip(chip, false, chip.id === this.filter.emotion))}
    </div>`;
  }

  #chip({ id, count: n }: Chip, coloured: boolean, pressed: boolean): TemplateResult {
    const known = this.palette?.swatches.find((swatch) => swatch.id === id);
    return html`<button
      type="button" class="chip" aria-pressed=${pressed ? "true" : "false"} data-emotion=${id}
      @click=${() => { this.#choose(id); }}
    >
      ${coloured
        ? html`<span class="swatch" ${customProperties({ "--swatch": known === undefined ? "transparent" : colourOf(known.colour) })}></span>`
        : nothing}
      ${emotionName(id)} <span class="n">${count(n)}</span>
    </button>`;
  }

  #dates(): TemplateResult {
    const { from, to } = this.filter;
    const today = dayOf(new Date());
    return html`
      <button type="button" class="dates ${from === null && to === null ? "" : "set"}" popovertarget="dates" aria-expanded="false" data-testid="dates">
        ${icons.calendar}<span class="words">${this.#span()}</span><span class="hidden-text">${t("filter.dates")}</span>
      </button>
      <div id="dates" popover class="card" @beforetoggle=${placeUnderButton} @toggle=${tellButton}>
        <div class="quick">
          ${this.#quick(t("filter.any"), { from: null, to: null })}
          ${this.#quick(t("filter.today"), lastDays(1, new Date()))}
          ${this.#quick(t("filter.week"), lastDays(7, new Date()))}
          ${this.#quick(t("filter.month"), lastDays(30, new Date()))}
        </div>
        <div class="pair">
          <label>${t("filter.from")}
            <input type="date" min="1970-01-01" max=${to ?? today} .value=${from ?? ""} data-testid="from"
              @change=${(event: Event) => { this.#date("from", event); }} />
          </label>
          <label>${t("filter.to")}
            <input type="date" min=${from ?? "1970-01-01"} max=${today} .value=${to ?? ""} data-testid="to"
              @change=${(event: Event) => { this.#date("to", event); }} />
          </label>
        </div>
      </div>
    `;
  }

  #quick(words: string, span: Pick<Filter, "from" | "to">): TemplateResult {
    const on = this.filter.from === span.from && this.filter.to === span.to;
    return html`<button type="button" class="chip" aria-pressed=${on ? "true" : "false"} @click=${() => {
      this.renderRoot.querySelector<HTMLElement>("#dates")!.hidePopover();
      this.#set({ ...this.filter, ...span });
    }}>${words}</button>`;
  }

  #span(): string {
    const { from, to } = this.filter;
    if (from === null) return to === null ? t("filter.any") : t("filter.until", { to: dayShort(to) });
    if (to === null) return t("filter.since", { from: dayShort(from) });
    return from === to ? dayShort(from) : t("filter.span", { from: dayShort(from), to: dayShort(to) });
  }

  #date(end: "from" | "to", event: Event): void {
    const { value, validity } = event.target as HTMLInputElement;
    if (validity.badInput || value > "9999") return; // half typed
    this.#set({ ...this.filter, [end]: value === "" ? null : value });
  }

  /** The chosen one again takes the filter away. */
  #choose(id: string | null): void {
    this.#set({ ...this.filter, emotion: id === this.filter.emotion ? null : id });
  }

  #set(filter: Filter): void {
    this.dispatchEvent(new CustomEvent<Filter>("filter", { detail: filter }));
  }
}

customElements.define("dasa-filters", DasaFilters);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-filters": DasaFilters;
  }
}
