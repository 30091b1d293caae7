/** `<dasa-legend>`: which colour, and which pattern, stands for which emotion. */
import { css, html, LitElement, type TemplateResult } from "lit";
import { base } from "../styles/shared.js";
import { emotionName, t } from "../words/index.js";
import { contrast, css as colourText, type Rgb } from "./colour.js";
import { UNSURE, type Palette, type Swatch } from "./palette.js";
import { patternTile } from "./patterns.js";

const SIDE = 24; // px of a swatch's canvas

export class DasaLegend extends LitElement {
  static override readonly properties = { palette: { attribute: false }, patterns: { type: Boolean } };
  declare palette: Palette | null;
  declare patterns: boolean;

  constructor() {
    super();
    this.palette = null;
    this.patterns = false;
  }

  static override readonly styles = [
    base,
    css`
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: var(--space-half) var(--space-2);
        font-size: var(--text-small);
      }
      li {
        display: flex;
        align-items: center;
        gap: var(--space-half);
      }
      canvas {
        inline-size: 1rem;
        block-size: 1rem;
        border: 1px solid var(--edge);
        border-radius: 0.25rem;
        forced-color-adjust: none;
      }
    `,
  ];

  protected override render(): TemplateResult {
    const swatches = this.palette?.swatches ?? [];
    return html`<ul aria-label=${t("legend.title")}>
      ${swatches.map(
        ({ id }) => html`<li>
          <canvas width=${SIDE} height=${SIDE} aria-hidden="true"></canvas>
          ${id === UNSURE ? t("legend.unsure") : emotionName(id)}
        </li>`,
      )}
    </ul>`;
  }

  protected override updated(): void {
    const canvases = this.renderRoot.querySelectorAll("canvas");
    canvases.forEach((canvas, i) => {
      const swatch = this.palette?.swatches[i];
      if (swatch !== undefined) paint(canvas, swatch, this.patterns);
    });
  }
}

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

function paint(canvas: HTMLCanvasElement, { colour, pattern }: Swatch, patterns: boolean): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.fillStyle = colourText(colour);
  context.fillRect(0, 0, SIDE, SIDE);
  const ink = contrast(colour, BLACK) > contrast(colour, WHITE) ? BLACK : WHITE;
  const tile = patterns ? patternTile(pattern, colourText(ink, 0.75)) : null;
  if (tile !== null) context.drawImage(tile, 0, 0);
}

customElements.define("dasa-legend", DasaLegend);
declare global {
  interface HTMLElementTagNameMap {
    "dasa-legend": DasaLegend;
  }
}
