/**
 * `<dasa-timeline>`: what everybody looked like over the last minute, one band a person; events; export.
 *
 * Fires `mark` (detail: the name typed, "" for none) and `export`.
 */
import { css, html, LitElement, unsafeCSS, type PropertyValues, type TemplateResult } from "lit";
import type uPlot from "uplot";
import plotStyles from "uplot/dist/uPlot.min.css?inline";
import { base, controls } from "../styles/shared.js";
import { decimal, emotionName, percent, t } from "../words/index.js";
import { emptyHistory, samplesAt, WINDOW_S, type History } from "./history.js";
import { icons } from "./icons.js";
import type { Palette } from "./palette.js";
import { createPlot } from "./timeline-plot.js";

const MARK_SHOWN_S = 3; // after it was set
const MARK_NEAR_S = 0.75; // of the cursor

export class DasaTimeline extends LitElement {
  static override readonly properties = {
    history: { attribute: false },
    palette: { attribute: false },
    rows: { type: Number },
    dropped: { type: Boolean },
    cursor: { state: true },
  };
  declare history: History;
  declare palette: Palette | null;
  declare rows: number; // recorded for export
  declare dropped: boolean; // the record is full
  declare cursor: number | null; // seconds before now that the reader looks at

  #plot: uPlot | null = null;
  readonly #observer = new ResizeObserver(() => { this.#fit(); });
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  readonly #hovers = matchMedia("(hover: hover)");

  constructor() {
    super();
    this.history = emptyHistory;
    this.palette = null;
    this.rows = 0;
    this.dropped = false;
    this.cursor = null;
  }

  static override readonly styles = [
    base,
    controls,
    unsafeCSS(plotStyles),
    css`
      :host {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr) auto;
        gap: var(--space-half);
        min-inline-size: 0;
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--space-half) var(--space-1);
      }
      h2 {
        margin-inline-end: auto;
      }
      button,
      input[type="text"] {
        min-block-size: 2rem;
        padding-block: 0;
        font-size: var(--text-small);
      }
      input[type="text"] {
        inline-size: 9rem;
      }
      .plot {
        position: relative;
        min-block-size: 6rem;
        border-block-start: 1px solid var(--rule);
        overflow: hidden;
        cursor: crosshair;
      }
      .canvas {
        position: absolute;
        inset: 0;
      }
      @media (width < 48rem) {
        button span {
          display: none;
        }
        input[type="text"] {
          flex: 1;
          inline-size: 5rem;
        }
        .reading {
          block-size: calc(3 * var(--line) * var(--text-small));
        }
      }
      .u-cursor-x {
        border-inline-end: 1px solid var(--ink);
      }
      .reading {
        block-size: calc(2 * var(--line) * var(--text-small)); /* two lines, so that nothing jumps; more can be scrolled */
        overflow-y: auto;
        font-size: var(--text-small);
        scrollbar-width: thin;
      }
    `,
  ];

  protected override render(): TemplateResult {
    return html`
      <header>
        <h2>${t("timeline.title")}</h2>
        <label class="hidden-text" for="event">${t("timeline.event")}</label>
        <input id="event" type="text" maxlength="80" autocomplete="off" placeholder=${t("timeline.event.short")} @keydown=${this.#onKey} />
        <button type="button" data-testid="mark" aria-label=${t("action.mark")} @click=${this.#mark}>${icons.flag}<span>${t("action.mark")}</span></button>
        <button type="button" data-testid="export" aria-label=${t("action.export")} ?disabled=${this.rows === 0} title=${t("export.rows", { n: this.rows })} @click=${() => this.dispatchEvent(new CustomEvent("export"))}>
          ${icons.download}<span>${t("action.export")}</span>
        </button>
      </header>
      <div class="plot" role="slider" tabindex="0" aria-label=${t("timeline.label")} aria-valuemin=${-WINDOW_S} aria-valuemax="0"
        aria-valuenow=${-Math.round(this.cursor ?? 0)} aria-valuetext=${this.#reading()} @keydown=${this.#onArrow} @blur=${() => { this.cursor = null; }}>
        <div class="canvas"></div>
      </div>
      <p class="reading soft figures" data-testid="reading" aria-hidden="true">${this.#reading()}</p>
      <p class="hidden-text" role="status" data-testid="marked">${this.#marked(this.history.marks.slice(-1))}</p>
    `;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#scheme.addEventListener("change", this.#redraw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#scheme.removeEventListener("change", this.#redraw);
    this.#observer.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  protected override firstUpdated(): void {
    this.#observer.observe(this.renderRoot.querySelector(".plot")!);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("history") || changed.has("palette")) this.#redraw();
  }

  /** What everybody looked like at the cursor, or what was marked just now, or how to read it. */
  #reading(): string {
    const { now, marks } = this.history;
    if (this.cursor === null) {
      const fresh = marks.slice(-1).filter((mark) => now - mark.t < MARK_SHOWN_S);
      if (fresh.length > 0) return this.#marked(fresh);
      if (this.dropped) return t("export.dropped");
      if (this.history.lanes.length === 0) return t("timeline.empty");
      return t(this.#hovers.matches ? "timeline.hover" : "timeline.tap");
    }
    const then = now - this.cursor;
    const at = samplesAt(this.history, then);
    const values = at.map(({ person, sample }) =>
      t("timeline.value", { id: person, emotion: readingOf(sample), share: percent(sample.confidence) }),
    );
    const when = t("timeline.agoLong", { n: Math.round(this.cursor) });
    const near = this.#marked(marks.filter((mark) => Math.abs(mark.t - then) < MARK_NEAR_S));
    return `${when}: ${[values.length === 0 ? t("timeline.nobody") : values.join(" · "), near].filter(Boolean).join(" · ")}`;
  }

  #marked(marks: History["marks"]): string {
    return marks.length === 0 ? "" : t("timeline.marked", { event: marks.map(({ label }) => label).join(", ") });
  }

  /** Marks an event, by the button or by the page's shortcut. */
  markEvent(): void {
    const input = this.renderRoot.querySelector("input")!;
    this.dispatchEvent(new CustomEvent<string>("mark", { detail: input.value.trim() }));
    input.value = "";
  }

  readonly #mark = (): void => {
    this.markEvent();
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter") this.markEvent();
  };

  readonly #onArrow = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = { ArrowLeft: 1, ArrowRight: -1, PageUp: 10, PageDown: -10, Home: WINDOW_S, End: -WINDOW_S };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.cursor = Math.min(WINDOW_S, Math.max(0, (this.cursor ?? 0) + step));
    const plot = this.#plot;
    plot?.setCursor({ left: plot.valToPos(-this.cursor, "x"), top: 0 }, false);
  };

  readonly #redraw = (): void => {
    this.#plot?.redraw(false);
  };

  #fit(): void {
    const target = this.renderRoot.querySelector<HTMLElement>(".canvas")!;
    const { clientWidth: width, clientHeight: height } = target;
    if (width === 0 || height === 0) return;
    if (this.#plot !== null) {
      this.#plot.setSize({ width, height });
      return;
    }
    // A canvas knows no light-dark(): the browser resolves the tokens as colours of elements.
    const colourOf = (selector: string, property: "color" | "borderTopColor") => (): string =>
      getComputedStyle(this.renderRoot.querySelector(selector)!)[property];
    this.#plot = createPlot(
      target,
      {
        history: () => this.history,
        palette: () => this.palette,
        ink: colourOf(".reading", "color"),
        rule: colourOf(".plot", "borderTopColor"),
        scale: () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16,
        tick: (ago) => (ago === 0 ? t("timeline.now") : t("timeline.ago", { n: `−${decimal(ago, 0)}` })),
        onCursor: (ago) => { this.cursor = ago; },
      },
      width,
      height,
    );
  }
}

function readingOf(sample: { readonly shown: string; readonly name: string }): string {
  const primary = emotionName(sample.shown);
  return sample.name === primary ? primary : `${sample.name} (${primary})`;
}

customElements.define("dasa-timeline", DasaTimeline);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-timeline": DasaTimeline;
  }
}
