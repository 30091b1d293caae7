/**
 * `<dasa-tile>`: one screenshot in the gallery: its small picture cropped around the faces, under it a thin line in
 * the colours of what they looked like, and the mark of the selection.
 *
 * Fires `pick` ({ id, how }): "open", "toggle" or "range".
 */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { base, controls } from "../styles/shared.js";
import { css as colourOf } from "../view/colour.js";
import { customProperties } from "../view/custom-properties.js";
import { icons } from "../view/icons.js";
import { UNSURE, type Palette } from "../view/palette.js";
import { t } from "../words/index.js";
import { squarePosition } from "./crop.js";
import { altText, leftToRight, shownAs } from "./describe.js";
import type { Shot } from "./shots.js";
import type { Thumbnails } from "./thumbnails.js";

export interface Pick {
  readonly id: string;
  readonly how: "open" | "toggle" | "range";
}

const LONG_PRESS_MS = 500;
const STILL_PX = 10;

export class DasaTile extends LitElement {
  static override readonly properties = {
    shot: { attribute: false },
    palette: { attribute: false },
    thumbnails: { attribute: false },
    selected: { type: Boolean, reflect: true },
    selecting: { type: Boolean, reflect: true }, // a click selects and does not open
    reachable: { type: Boolean }, // whether Tab leads here
    address: { state: true },
    broken: { state: true },
  };
  declare shot: Shot;
  declare palette: Palette | null;
  declare thumbnails: Thumbnails;
  declare selected: boolean;
  declare selecting: boolean;
  declare reachable: boolean;
  declare address: string | null;
  declare broken: boolean;
  #unwant: () => void = () => undefined;
  #press: { readonly x: number; readonly y: number; readonly timer: number } | null = null;
  #pressed = false; // a long press has selected: the click that ends it does nothing

  static override readonly shadowRootOptions = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override readonly styles = [
    base,
    controls,
    css`
      :host {
        position: relative;
        display: block;
        min-inline-size: 0;
      }
      .frame {
        position: relative;
        display: block;
        aspect-ratio: 1;
        overflow: hidden;
        border-radius: 0.375rem;
        background: var(--raised);
        -webkit-touch-callout: none;
        user-select: none;
      }
      a.frame:focus-visible {
        outline-offset: 0.125rem;
      }
      img {
        display: block;
        inline-size: 100%;
        block-size: 100%;
        object-fit: cover;
        object-position: var(--position);
        opacity: 0;
      }
      img.here {
        opacity: 1;
        transition: opacity 150ms;
      }
      .none {
        position: absolute;
        inset: 0;
        display: grid;
        place-items: center;
        color: var(--ink-soft);
      }
      .line {
        display: flex;
        gap: 0.125rem;
        block-size: 0.25rem;
        margin-block-start: 0.125rem;
        overflow: hidden;
        border-radius: 0.125rem;
        forced-color-adjust: none;
      }
      .line i {
        flex: 1;
        background: var(--colour, var(--edge));
      }
      .line i.unsure {
        background: repeating-linear-gradient(90deg, var(--edge) 0 0.25rem, transparent 0.25rem 0.375rem);
      }
      .check {
        position: absolute;
        inset: 0.25rem auto auto 0.25rem;
        min-inline-size: 0;
        min-block-size: 0;
        inline-size: 1.75rem;
        block-size: 1.75rem;
        padding: 0;
        border: 0.125rem solid #fff;
        border-radius: 50%;
        background: rgb(7 9 11 / 0.45);
        color: transparent;
        opacity: 0;
      }
      .check::after {
        content: "";
        position: absolute;
        inset: -0.375rem; /* a target of 40 px */
      }
      .check svg.icon {
        inline-size: 1.125rem;
        block-size: 1.125rem;
        stroke-width: 2.5;
      }
      :host(:not([selected])) .check:not(:hover) svg {
        visibility: hidden; /* forced colours show what is transparent */
      }
      .check:hover {
        background: rgb(7 9 11 / 0.7);
        color: #fff;
      }
      :host(:hover) .check,
      :host(:focus-within) .check,
      :host([selecting]) .check,
      :host([selected]) .check {
        opacity: 1;
      }
      @media (hover: none) {
        :host(:not([selecting], [selected])) .check {
          opacity: 0;
          pointer-events: none;
        }
      }
      :host([selected]) .check {
        border-color: #fff;
        background: var(--accent);
        color: var(--accent-ink);
      }
      :host([selected]) .frame {
        outline: 0.1875rem solid var(--accent);
        outline-offset: -0.1875rem;
      }
      :host([selected]) a.frame:focus-visible {
        outline-offset: 0.125rem;
      }
      :host([selected]) img {
        transform: scale(0.88);
        border-radius: 0.25rem;
      }
      @media (prefers-reduced-motion: no-preference) {
        img {
          transition: transform 120ms;
        }
        img.here {
          transition:
            opacity 150ms,
            transform 120ms;
        }
      }
      @media (forced-colors: active) {
        .frame,
        .line {
          border: 1px solid CanvasText;
        }
        .check {
          border-color: ButtonText;
          background: ButtonFace;
        }
        :host([selected]) .check {
          background: Highlight;
          color: HighlightText;
          forced-color-adjust: none;
        }
        :host([selected]) .frame {
          outline-color: Highlight;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.palette = null;
    this.selected = false;
    this.selecting = false;
    this.reachable = false;
    this.address = null;
    this.broken = false;
    // The click that ends a long press does nothing, also where the mark has come to lie under the finger.
    this.addEventListener("pointerdown", () => { this.#pressed = false; }, { capture: true });
    this.addEventListener("click", (event) => {
      if (!this.#pressed) return;
      this.#pressed = false;
      event.preventDefault();
      event.stopImmediatePropagation();
    }, { capture: true });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#want();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unwant();
    this.#release();
  }

  protected override willUpdate(changes: PropertyValues<this>): void {
    if (changes.has("shot") && changes.get("shot")?.id !== this.shot.id) this.#want();
  }

  protected override render(): TemplateResult {
    const alt = altText(this.shot);
    return html`
      <a
        class="frame"
        href="?open=${this.shot.id}"
        tabindex=${this.reachable ? 0 : -1}
        draggable="false"
        data-testid="open"
        @click=${this.#click}
        @pointerdown=${this.#down}
        @pointermove=${this.#moveOver}
        @pointerup=${this.#release}
        @pointercancel=${this.#release}
        @contextmenu=${this.#menu}
      >
        <img
          class=${this.address === null ? "" : "here"}
          src=${this.address ?? nothing}
          alt=${alt}
          draggable="false"
          decoding="async"
          ${customProperties({ "--position": squarePosition(this.shot) })}
        />
        ${this.broken ? html`<span class="none">${icons.broken}</span>` : nothing}
      </a>
      <button
        type="button"
        class="check"
        tabindex="-1"
        aria-pressed=${this.selected ? "true" : "false"}
        aria-label="${t("gallery.select")}: ${alt}"
        @click=${this.#toggle}
      >${icons.check}</button>
      <span class="line" aria-hidden="true">
        ${leftToRight(this.shot.faces).map((face) => {
          const id = shownAs(face);
          const known = this.palette?.classes.includes(id) === true || this.palette?.swatches.some((s) => s.id === id) === true;
          const colour = known && id !== UNSURE ? colourOf(this.palette!.of(id).colour) : "var(--edge)";
          return html`<i class=${id === UNSURE ? "unsure" : ""} ${customProperties({ "--colour": colour })}></i>`;
        })}
      </span>
    `;
  }

  #want(): void {
    this.#unwant();
    this.address = null;
    this.broken = false;
    this.#unwant = this.thumbnails.want(this.shot.id, (address) => {
      this.address = address;
      this.broken = address === null;
    });
  }

  readonly #click = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.button !== 0) return; // another tab, as with any link
    event.preventDefault();
    this.#fire(event.shiftKey ? "range" : this.selecting ? "toggle" : "open");
  };

  readonly #toggle = (event: MouseEvent): void => {
    this.#fire(event.shiftKey ? "range" : "toggle");
  };

  readonly #down = (event: PointerEvent): void => {
    if (event.pointerType === "mouse" || !event.isPrimary) return;
    const timer = window.setTimeout(() => {
      this.#press = null;
      this.#pressed = true;
      this.#fire("toggle");
    }, LONG_PRESS_MS);
    this.#press = { x: event.clientX, y: event.clientY, timer };
  };

  readonly #moveOver = (event: PointerEvent): void => {
    const press = this.#press;
    if (press !== null && Math.hypot(event.clientX - press.x, event.clientY - press.y) > STILL_PX) this.#release();
  };

  readonly #release = (): void => {
    if (this.#press !== null) clearTimeout(this.#press.timer);
    this.#press = null;
  };

  /** A long press on a touch screen would open the browser's own menu for links. */
  readonly #menu = (event: MouseEvent): void => {
    if (this.#press !== null || this.#pressed) event.preventDefault();
  };

  #fire(how: Pick["how"]): void {
    this.dispatchEvent(new CustomEvent<Pick>("pick", { detail: { id: this.shot.id, how }, bubbles: true, composed: true }));
  }
}

customElements.define("dasa-tile", DasaTile);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-tile": DasaTile;
  }
}
