/**
 * `<dasa-grid>`: the tiles in days. Only the rows in and near view are in the document, whatever their number
 * (TanStack Virtual: small, well kept, headless).
 *
 * Fires `pick` (see tile.ts), `day` ({ ids }), `erase` ({ id }), `all`, `clear`, and `near-end` when the last rows
 * come near.
 */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { defaultRangeExtractor, type Range, WindowVirtualizerController } from "@tanstack/lit-virtual";
import { base, controls } from "../styles/shared.js";
import { customProperties } from "../view/custom-properties.js";
import { icons } from "../view/icons.js";
import type { Palette } from "../view/palette.js";
import { t } from "../words/index.js";
import { dayTitle } from "../words/times.js";
import { type Columns, GAP, heightOf, type Move, moved, type Row, rowOf, rowsOf } from "./layout.js";
import { dayOf, type Shot } from "./shots.js";
import type { Selection } from "./selection.js";
import { nothing as nothingSelected } from "./selection.js";
import type { Thumbnails } from "./thumbnails.js";
import "./tile.js";

const OVERSCAN_ROWS = 3;
const NEAR_SCREENS = 3; // so many screens before the end the next page is asked for
const MOVES: Readonly<Record<string, Move>> = {
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
  Home: "rowStart", End: "rowEnd", PageUp: "pageUp", PageDown: "pageDown",
};

export class DasaGrid extends LitElement {
  static override readonly properties = {
    shots: { attribute: false },
    columns: { attribute: false },
    palette: { attribute: false },
    thumbnails: { attribute: false },
    selection: { attribute: false },
    complete: { type: Boolean },
    covered: { type: Number }, // px at the top of the window that something covers
    active: { state: true },
  };
  declare shots: readonly Shot[];
  declare columns: Columns;
  declare palette: Palette | null;
  declare thumbnails: Thumbnails;
  declare selection: Selection;
  declare complete: boolean;
  declare covered: number;
  /** Id of the screenshot that the keys move from; null: the first. */
  declare active: string | null;
  #rows: readonly Row[] = [];
  #activeIndex = 0;
  #hasFocus = false;
  readonly #sizes = new ResizeObserver(() => { this.#measure(); });
  readonly #virtual = new WindowVirtualizerController<HTMLElement>(this, {
    count: 0,
    overscan: OVERSCAN_ROWS,
    estimateSize: () => 0,
  });

  static override readonly styles = [
    base,
    controls,
    css`
      :host {
        display: block;
      }
      .grid {
        position: relative;
        block-size: var(--height);
        outline: none;
      }
      [role="row"] {
        position: absolute;
        inset: 0 0 auto;
        transform: translateY(var(--y));
      }
      .pictures {
        display: grid;
        grid-template-columns: repeat(var(--columns), minmax(0, 1fr));
        gap: var(--gap);
      }
      .day {
        display: flex;
        align-items: end;
        block-size: 3.5rem;
        padding-block-end: var(--space-half);
      }
      .day [role="gridcell"] {
        display: flex;
        align-items: center;
        gap: var(--space-half);
        min-inline-size: 0;
      }
      h2 {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        line-height: var(--target);
      }
      .day button {
        opacity: 0;
        padding: 0;
        color: var(--ink-soft);
      }
      .day button span {
        display: grid;
        place-items: center;
        inline-size: 1.5rem;
        block-size: 1.5rem;
        border: 0.125rem solid currentcolor;
        border-radius: 50%;
      }
      .day button svg.icon {
        inline-size: 1rem;
        block-size: 1rem;
        stroke-width: 2.5;
        visibility: hidden;
      }
      .day button[aria-pressed="true"] {
        border-color: transparent;
        background: transparent;
      }
      .day button[aria-pressed="true"] span {
        border-color: var(--accent);
        background: var(--accent);
        color: var(--accent-ink);
      }
      .day button[aria-pressed="true"] svg.icon {
        visibility: visible;
      }
      .day:hover button,
      .day button:focus-visible,
      .selecting .day button {
        opacity: 1;
      }
      @media (hover: none) {
        .grid:not(.selecting) .day button {
          display: none;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.shots = [];
    this.columns = { count: 2, side: 100 };
    this.palette = null;
    this.selection = nothingSelected;
    this.complete = false;
    this.covered = 0;
    this.active = null;
    this.addEventListener("focusin", () => { this.#hasFocus = true; });
    this.addEventListener("focusout", () => { this.#hasFocus = false; });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#sizes.observe(this);
    this.#sizes.observe(document.body);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sizes.disconnect();
  }

  /** Brings the tile of a screenshot into view and gives it the focus; does nothing where it is not in the list. */
  async focusOn(id: string): Promise<void> {
    const index = this.shots.findIndex((shot) => shot.id === id);
    if (index < 0) return;
    const virtual = this.#virtual.getVirtualizer();
    this.active = id;
    this.#activeIndex = index;
    this.#hasFocus = true; // keeps its row in the document, wherever the window is
    // Another function, so that the rows are worked out anew, before the window has scrolled.
    virtual.setOptions({ ...virtual.options, rangeExtractor: (range: Range) => this.#range(range) });
    virtual.scrollToIndex(rowOf(this.#rows, index), { align: "auto" });
    this.requestUpdate();
    await this.updateComplete;
    const tile = this.#tile(id);
    await tile?.updateComplete;
    tile?.focus({ preventScroll: true });
  }

  /** Gives the focus to a tile near where the keys were: after what was there has gone. */
  async focusNear(): Promise<void> {
    const near = this.shots[Math.min(this.#activeIndex, this.shots.length - 1)];
    if (near !== undefined) await this.focusOn(near.id);
  }

  protected override willUpdate(changes: PropertyValues<this>): void {
    if (changes.has("shots") || changes.has("columns")) this.#layOut(changes.has("columns"));
    const at = this.shots.findIndex((shot) => shot.id === this.active);
    if (at >= 0) this.#activeIndex = at;
    else if (this.shots.length > 0) this.#activeIndex = Math.min(this.#activeIndex, this.shots.length - 1);
  }

  protected override updated(): void {
    this.#measure();
    this.#callForMore();
  }

  protected override render(): TemplateResult {
    const virtual = this.#virtual.getVirtualizer();
    const selecting = this.selection.ids.size > 0;
    const margin = virtual.options.scrollMargin;
    return html`
      <p id="keys" class="hidden-text">${t("gallery.keys")}</p>
      <div
        class="grid ${selecting ? "selecting" : ""}"
        role="grid"
        aria-label=${t("gallery.list")}
        aria-describedby="keys"
        aria-multiselectable="true"
        aria-rowcount=${this.complete ? this.#rows.length : -1}
        data-testid="grid"
        data-known=${this.shots.length}
        @keydown=${this.#key}
        @focusin=${this.#focused}
        ${customProperties({
          "--height": `${virtual.getTotalSize()}px`,
          "--columns": String(this.columns.count),
          "--gap": `${GAP}px`,
        })}
      >
        ${repeat(
          virtual.getVirtualItems().filter(({ index }) => index < this.#rows.length),
          ({ index }) => this.#rows[index]!.key,
          ({ index, start }) => this.#row(this.#rows[index]!, index, start - margin),
        )}
      </div>
    `;
  }

  #row(row: Row, index: number, y: number): TemplateResult {
    const place = customProperties({ "--y": `${y}px` });
    if (row.kind === "day") {
      const title = dayTitle(row.day, dayOf(new Date()));
      const ids = this.shots.slice(row.first, row.end).map(({ id }) => id);
      const all = this.selection.ids.size > 0 && ids.every((id) => this.selection.ids.has(id));
      return html`<div class="day" role="row" aria-rowindex=${index + 1} ${place}>
        <div role="gridcell" aria-colspan=${this.columns.count}>
          <h2>${title}</h2>
          <button
            type="button" class="plain" aria-pressed=${all ? "true" : "false"} aria-label=${t("gallery.selectDay", { day: title })}
            @click=${() => { this.#fire("day", { ids }); }}
          ><span>${icons.check}</span></button>
        </div>
      </div>`;
    }
    return html`<div class="pictures" role="row" aria-rowindex=${index + 1} ${place}>
      ${repeat(this.shots.slice(row.first, row.end), ({ id }) => id, (shot, n) => this.#cell(shot, row.first + n, n))}
    </div>`;
  }

  #cell(shot: Shot, index: number, column: number): TemplateResult {
    const selected = this.selection.ids.has(shot.id);
    return html`<dasa-tile
      role="gridcell"
      aria-colindex=${column + 1}
      aria-selected=${selected ? "true" : "false"}
      data-id=${shot.id}
      .shot=${shot}
      .palette=${this.palette}
      .thumbnails=${this.thumbnails}
      .selected=${selected}
      .selecting=${this.selection.ids.size > 0}
      .reachable=${index === this.#activeIndex}
    ></dasa-tile>`;
  }

  #layOut(resized: boolean): void {
    const virtual = this.#virtual.getVirtualizer();
    const top = resized ? this.#topmost() : null;
    this.#rows = rowsOf(this.shots, this.columns.count);
    const rows = this.#rows;
    virtual.setOptions({
      ...virtual.options,
      count: rows.length,
      estimateSize: (index) => heightOf(rows[index]!, this.columns.side),
      getItemKey: (index) => rows[index]?.key ?? index,
      scrollPaddingStart: this.covered,
      rangeExtractor: (range: Range) => this.#range(range),
    });
    virtual.measure();
    if (top !== null && top > 0) virtual.scrollToIndex(rowOf(rows, top), { align: "start" });
  }

  /** The first screenshot in view, to find the place again when the columns change. */
  #topmost(): number | null {
    const virtual = this.#virtual.getVirtualizer();
    const offset = (virtual.scrollOffset ?? 0) + this.covered;
    if (offset <= virtual.options.scrollMargin) return null;
    const item = virtual.getVirtualItems().find(({ end }) => end > offset);
    return item === undefined ? null : (this.#rows[item.index]?.first ?? null);
  }

  /** The rows in view, and the one with the focus: what has the focus must not vanish. */
  #range(range: Range): number[] {
    const shown = defaultRangeExtractor(range);
    const kept = this.#hasFocus ? rowOf(this.#rows, this.#activeIndex) : -1;
    return kept < 0 || shown.includes(kept) ? shown : [...shown, kept].sort((a, b) => a - b);
  }

  #measure(): void {
    const virtual = this.#virtual.getVirtualizer();
    const margin = Math.round(this.getBoundingClientRect().top + window.scrollY);
    if (Math.abs(margin - virtual.options.scrollMargin) < 1) return;
    virtual.setOptions({ ...virtual.options, scrollMargin: margin, scrollPaddingStart: this.covered });
    virtual.measure();
  }

  #callForMore(): void {
    const below = this.getBoundingClientRect().bottom - window.innerHeight;
    if (below < NEAR_SCREENS * window.innerHeight) this.#fire("near-end");
  }

  #tile(id: string): HTMLElementTagNameMap["dasa-tile"] | null {
    return this.renderRoot.querySelector(`dasa-tile[data-id="${id}"]`);
  }

  readonly #focused = (event: FocusEvent): void => {
    const tile = (event.target as Element).closest("dasa-tile");
    if (tile !== null) this.active = tile.shot.id;
  };

  readonly #key = (event: KeyboardEvent): void => {
    const control = event.ctrlKey || event.metaKey;
    if (event.altKey || !(event.target as Element).matches("dasa-tile")) return;
    const id = this.shots[this.#activeIndex]?.id;
    if (id === undefined || !this.#act(event.key, control, event.shiftKey, id)) return;
    event.preventDefault();
  };

  /** Whether the key means something here. */
  #act(key: string, control: boolean, shift: boolean, id: string): boolean {
    const move = control ? ({ Home: "first", End: "last" } as const)[key] : MOVES[key];
    if (move !== undefined) {
      this.#move(move, shift);
      return true;
    }
    if (control) {
      if (key.toLowerCase() !== "a") return false;
      this.#fire("all");
    } else if (key === " ") this.#fire("pick", { id, how: shift ? "range" : "toggle" });
    else if (key === "Delete" || key === "Backspace") this.#fire("erase", { id });
    else if (key === "Escape") this.#fire("clear");
    else return false;
    return true;
  }

  #move(move: Move, stretch: boolean): void {
    const page = Math.max(1, Math.floor((window.innerHeight - this.covered) / (this.columns.side + GAP)) - 1);
    const from = this.shots[this.#activeIndex]!.id;
    const to = this.shots[moved(this.#rows, this.#activeIndex, move, page)]!.id;
    if (stretch) {
      if (this.selection.anchor === null) this.#fire("pick", { id: from, how: "toggle" });
      this.#fire("pick", { id: to, how: "range" });
    }
    void this.focusOn(to);
  }

  #fire(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

customElements.define("dasa-grid", DasaGrid);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-grid": DasaGrid;
  }
}
