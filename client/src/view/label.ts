/**
 * Labels as small pictures: a pill with a colour dot and a name, drawn once per text and then only copied.
 *
 * White on near-black with a white rim inside a black one: readable on any picture, because the pill is opaque,
 * and visible on any picture, because one of the two rims stands out from whatever lies behind.
 */
import { css, type Rgb } from "./colour.js";
import type { Size } from "./geometry.js";

export interface LabelText {
  readonly id: number; // the person's number
  readonly text: string; // "" for the smallest form: number and dot only
}

/** Pixels of the stage per unit of the label's design (CSS pixel times text size). */
export type Unit = number;

const HEIGHT = 26;
const PADDING = 9;
const DOT = 5; // radius
const FONT_SIZE = 14;
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";
const INK = "#FFFFFF";
const PAPER = "#14171C";
const KEPT = 96; // pictures kept for reuse

const font = (unit: Unit): string => `600 ${FONT_SIZE * unit}px ${FONT}`;

/** Measures and draws labels; keeps the latest pictures. */
export class LabelPainter {
  readonly #measure: OffscreenCanvasRenderingContext2D;
  readonly #pictures = new Map<string, OffscreenCanvas>();
  readonly #widths = new Map<string, number>();

  constructor() {
    const context = new OffscreenCanvas(1, 1).getContext("2d");
    if (context === null) throw new Error("no 2D canvas");
    this.#measure = context;
  }

  /** The size of a label in stage pixels. */
  size(label: LabelText, unit: Unit): Size {
    const words = this.#words(label);
    return {
      width: Math.ceil((3 * PADDING + 2 * DOT) * unit + this.#width(words, unit)),
      height: Math.ceil(HEIGHT * unit),
    };
  }

  /** Draws a label with its upper left corner at a place of the stage. */
  draw(target: OffscreenCanvasRenderingContext2D, label: LabelText, colour: Rgb, unit: Unit, x: number, y: number): void {
    const size = this.size(label, unit);
    const words = this.#words(label);
    const key = `${words}\u0000${unit}`;
    let picture = this.#pictures.get(key);
    if (picture === undefined) {
      picture = pill(words, size, unit);
      this.#pictures.set(key, picture);
      const oldest = this.#pictures.keys().next().value;
      if (this.#pictures.size > KEPT && oldest !== undefined) this.#pictures.delete(oldest);
    }
    const [left, top] = [Math.round(x), Math.round(y)];
    target.drawImage(picture, left, top);
    // The dot turns its colour with the mask, so it is not part of the kept picture.
    target.beginPath();
    target.arc(left + (PADDING + DOT) * unit, top + size.height / 2, DOT * unit, 0, 2 * Math.PI);
    target.fillStyle = css(colour);
    target.fill();
    target.lineWidth = 1.5 * unit;
    target.strokeStyle = INK;
    target.stroke();
  }

  #words(label: LabelText): string {
    return label.text === "" ? String(label.id) : label.text;
  }

  #width(words: string, unit: Unit): number {
    const key = `${words}\u0000${unit}`;
    let width = this.#widths.get(key);
    if (width === undefined) {
      if (this.#widths.size > 1000) this.#widths.clear();
      this.#measure.font = font(unit);
      width = this.#measure.measureText(words).width;
      this.#widths.set(key, width);
    }
    return width;
  }
}

function pill(words: string, size: Size, unit: Unit): OffscreenCanvas {
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = canvas.getContext("2d");
  if (context === null) return canvas;
  const layers = [[0, "#000000"], [1, INK], [2.25, PAPER]] as const;
  for (const [inset, ink] of layers) {
    context.beginPath();
    const step = inset * unit;
    context.roundRect(step, step, size.width - 2 * step, size.height - 2 * step, size.height / 2 - step);
    context.fillStyle = ink;
    context.fill();
  }
  context.font = font(unit);
  context.textBaseline = "middle";
  context.fillStyle = INK;
  context.fillText(words, (2 * PADDING + 2 * DOT) * unit - PADDING * unit * 0.25, size.height / 2 + 0.5 * unit);
  return canvas;
}

/** Draws the line from a label to its head: white inside black, for any picture. */
export function drawLeader(
  target: OffscreenCanvasRenderingContext2D, from: { x: number; y: number }, to: { x: number; y: number }, unit: Unit,
): void {
  for (const [width, ink] of [[4, "#000000"], [2, INK]] as const) {
    target.beginPath();
    target.moveTo(from.x, from.y);
    target.lineTo(to.x, to.y);
    target.lineCap = "round";
    target.lineWidth = width * unit;
    target.strokeStyle = ink;
    target.stroke();
  }
}
