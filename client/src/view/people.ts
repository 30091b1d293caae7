/**
 * `<dasa-people>`: who is seen and what they look like, in words and bars. It is the text alternative of the stage.
 */
import { css, html, LitElement, nothing, svg, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Person } from "../records.js";
import { base, controls } from "../styles/shared.js";
import { decimal, emotionName, percent, sureness, t } from "../words/index.js";
import { css as colourText } from "./colour.js";
import { customProperties } from "./custom-properties.js";
import { icons } from "./icons.js";
import { UNSURE, type Palette } from "./palette.js";
import { shownConfidence, shownName } from "./readout.js";

export class DasaPeople extends LitElement {
  static override readonly properties = {
    people: { attribute: false },
    palette: { attribute: false },
    sureness: { type: Boolean },
    compact: { type: Boolean, reflect: true },
    sharp: { attribute: false },
  };
  declare people: readonly Person[];
  declare palette: Palette | null;
  /** Say how sure the model is in words instead of a percentage. */
  declare sureness: boolean;
  /** Chips in a row instead of cards in a column. */
  declare compact: boolean;
  /** Ids of the people who stay sharp while the others are blurred; null: nobody is, and nobody can be picked. */
  declare sharp: ReadonlySet<number> | null;

  constructor() {
    super();
    this.people = [];
    this.palette = null;
    this.sureness = false;
    this.compact = false;
    this.sharp = null;
  }

  static override readonly styles = [
    base,
    controls,
    css`
      :host {
        display: block;
      }
      .pick {
        align-self: center;
        min-block-size: 2rem;
        min-inline-size: 2rem;
        margin-block: -0.25rem;
        padding: 0;
      }
      .hint {
        padding-block: var(--space-half);
        color: var(--ink-soft);
        font-size: var(--text-small);
      }
      li {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 2.5rem;
        align-items: center;
        gap: var(--space-half) var(--space-1);
        padding-block: var(--space-1);
        border-block-end: 1px solid var(--rule);
      }
      .head {
        grid-column: 1 / 3;
        display: flex;
        flex-wrap: wrap; /* where letters are large */
        align-items: baseline;
        gap: 0 var(--space-half);
      }
      .head .soft {
        margin-inline-start: auto;
        white-space: nowrap;
      }
      .name {
        overflow: hidden;
        font-weight: 600;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .id {
        display: inline-flex;
        align-items: center;
        gap: var(--space-1);
        min-inline-size: 2.25rem;
      }
      .bars {
        display: grid;
        grid-auto-columns: minmax(0, 1fr);
        grid-auto-flow: column;
        gap: 0.1875rem;
        block-size: 2rem;
      }
      .bar {
        display: flex;
        align-items: end;
        block-size: 2rem;
        border-block-end: 1px solid var(--edge);
      }
      .bar i {
        inline-size: 100%;
        block-size: max(1px, calc(100% * var(--share)));
        border-radius: 0.125rem 0.125rem 0 0;
        background: var(--swatch);
        box-shadow: inset 0 0 0 1px color-mix(in srgb, var(--ink) 35%, transparent);
        forced-color-adjust: none;
      }
      .affect {
        inline-size: 2.5rem;
        block-size: 2.5rem;
      }
      .affect .axes {
        fill: none;
        stroke: var(--edge);
        stroke-width: 1;
      }
      .affect .dot {
        fill: var(--ink);
        stroke: var(--surface);
        stroke-width: 1;
      }
      .empty {
        padding-block: var(--space-2);
        color: var(--ink-soft);
      }
      :host([compact]) ul {
        display: flex;
        gap: var(--space-1);
        overflow-x: auto;
        padding-block: var(--space-half);
        scrollbar-width: thin;
      }
      :host([compact]) li {
        position: relative; /* holds the hidden text, which would widen the page from beyond the scrolled row */
        flex: none;
        display: flex;
        min-block-size: 2rem;
        padding: 0 var(--space-1);
        border: 1px solid var(--rule);
        border-radius: 1rem;
        background: var(--surface);
      }
      :host([compact]) .pick {
        margin: 0 calc(-1 * var(--space-half)) 0 0;
        border-radius: 1rem;
      }
      :host([compact]) .empty {
        padding-block: var(--space-half);
        line-height: 2rem;
      }
    `,
  ];

  protected override render(): TemplateResult {
    const { palette } = this;
    if (palette === null || this.people.length === 0) return html`<p class="empty">${t("people.none")}</p>`;
    return html`${this.sharp === null || this.compact ? nothing : html`<p class="hint">${t("people.pick")}</p>`}
    <ul aria-label=${t("people.title")} tabindex=${this.compact ? "0" : nothing}>
      ${repeat(this.people, (person) => person.id, (person) => this.compact ? this.#chip(person, palette) : this.#card(person, palette))}
    </ul>`;
  }

  #chip(person: Person, palette: Palette): TemplateResult {
    return html`<li data-testid="chip" data-person=${person.id}>
      ${swatch(palette, person.shown)}<span class="hidden-text">${t("people.person", { id: person.id })}: </span
      ><span class="figures" aria-hidden="true">${person.id}</span><span>${shownName(person)}</span>${this.#pick(person)}
    </li>`;
  }

  #card(person: Person, palette: Palette): TemplateResult {
    const affect = {
      valence: decimal(person.valence, 2),
      arousal: decimal(person.arousal, 2),
    };
    const words = person.derivedAffect ? t("people.affect.derived", affect) : t("people.affect", affect);
    return html`<li data-testid="person" data-person=${person.id} data-shown=${person.shown} data-source=${person.source}>
      <span class="head">
        <span class="id">
          ${swatch(palette, person.shown)}<span class="hidden-text">${t("people.person", { id: person.id })}: </span
          ><span class="figures" aria-hidden="true">${person.id}</span>
        </span>
        <span class="name" data-testid="name">${shownName(person)}</span>
        <span class="small soft figures">${this.#primary(person, palette)}</span>${this.#pick(person)}
      </span>
      ${this.#bars(person, palette)} ${affectDot(person, words)}
    </li>`;
  }

  #pick({ id }: Person): TemplateResult | typeof nothing {
    if (this.sharp === null) return nothing;
    const words = t("people.sharp", { id });
    const picked = this.sharp.has(id);
    return html`<button type="button" class="pick" data-testid="pick" aria-pressed=${picked} aria-label=${words} title=${words}
      @click=${() => this.dispatchEvent(new CustomEvent("pick", { detail: id }))}>${picked ? icons.eye : icons.eyeOff}</button>`;
  }

  /** "happiness 91 %", or how sure it is in words; nothing more to say for unsure. */
  #primary(person: Person, palette: Palette): string {
    const confidence = shownConfidence(person, palette);
    const share = this.sureness ? sureness(confidence) : percent(confidence);
    if (person.shown === UNSURE || person.specific === null) return person.shown === UNSURE ? "" : share;
    return `${emotionName(person.shown)} ${share}`;
  }

  #bars(person: Person, palette: Palette): TemplateResult {
    const values = palette.classes.map((id, i) => ({ id, share: person.probabilities[i] ?? 0 }));
    const words = values.map(({ id, share }) => `${emotionName(id)} ${percent(share)}`);
    return html`<span class="bars" role="img" aria-label="${t("people.bars")}: ${words.join(", ")}">
      ${values.map(({ id, share }, i) => {
        const style = customProperties({ "--swatch": colourText(palette.of(id).colour), "--share": share.toFixed(3) });
        return html`<span class="bar" title=${words[i]!}><i ${style}></i></span>`;
      })}
    </span>`;
  }
}

function swatch(palette: Palette, id: string): TemplateResult {
  return html`<span class="swatch" ${customProperties({ "--swatch": colourText(palette.of(id).colour) })}></span>`;
}

/** Valence to the right, arousal upwards, both from -1 to 1. */
function affectDot(person: Person, words: string): TemplateResult {
  return html`<svg class="affect" viewBox="-20 -20 40 40" role="img" aria-label=${words}>
    <title>${words}</title>
    ${svg`<circle class="axes" r="18" /><path class="axes" d="M-18 0H18M0 -18V18" />
    <circle class="dot" r="4" cx=${(16 * person.valence).toFixed(1)} cy=${(-16 * person.arousal).toFixed(1)} />`}
  </svg>`;
}

customElements.define("dasa-people", DasaPeople);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-people": DasaPeople;
  }
}
