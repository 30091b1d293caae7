/**
 * The mask of one face: filled along its outline, free at eyes and mouth, soft at the edges.
 *
 * A mask is painted on a small canvas of its own and then scaled onto the stage: its edge is soft, so it needs fewer
 * pixels than the face has, and the patterns keep their size in the face.
 */
import { contrast, css, type Rgb } from "./colour.js";
import { bounds, type Rect } from "./geometry.js";
import { patternTile } from "./patterns.js";

/** The polygons of a face in stage pixels, packed. */
export interface MaskShape {
  readonly outline: Float32Array;
  readonly holes: readonly Float32Array[];
}

export interface MaskStyle {
  readonly colour: Rgb;
  readonly pattern: string | null; // null: plain
}

const SIDE = 160; // px of the small canvas; small faces use a part of it
const LEAST_SIDE = 48;
const FINENESS = 0.7; // pixels of the small canvas per pixel of the stage, within these sides
const MARGIN = 2; // px of it that stay clear
const ALPHA = 0.36; // the face stays visible through the mask
const PATTERN_ALPHA = 0.5;
const FEATHER = 0.05; // of the longer side
const FEATHER_STEPS = [
  { width: 1, keep: 0.75 },
  { width: 0.7, keep: 0.66 },
  { width: 0.4, keep: 0.5 },
  { width: 0.15, keep: 0.2 },
] as const;

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

/** Traces closed polygons as one path; with the even-odd rule the inner ones are holes. */
export function tracePolygons(
  path: Pick<Path2D, "moveTo" | "lineTo" | "closePath">, polygons: readonly Float32Array[], from: Rect, scale: number, margin: number,
): void {
  for (const points of polygons) {
    for (let i = 0; i + 1 < points.length; i += 2) {
      const x = (points[i]! - from.x) * scale + margin;
      const y = (points[i + 1]! - from.y) * scale + margin;
      if (i === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
    }
    path.closePath();
  }
}

/** Paints masks; holds one scratch canvas and the pattern tiles. */
export class MaskPainter {
  readonly #canvas = new OffscreenCanvas(SIDE, SIDE);
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #tiles = new Map<string, OffscreenCanvas | null>();

  constructor() {
    const context = this.#canvas.getContext("2d");
    if (context === null) throw new Error("no 2D canvas");
    this.#context = context;
  }

  /** Blends a mask over the picture. */
  fill(target: OffscreenCanvasRenderingContext2D, shape: MaskShape, style: MaskStyle): void {
    const box = bounds(shape.outline);
    const longer = Math.max(box.width, box.height);
    if (longer < 1) return;
    const side = Math.min(SIDE, Math.max(LEAST_SIDE, Math.ceil(FINENESS * longer)));
    const scale = (side - 2 * MARGIN) / longer;
    this.#paint(shape, style, box, scale, side);
    const width = box.width * scale + 2 * MARGIN;
    const height = box.height * scale + 2 * MARGIN;
    target.imageSmoothingEnabled = true;
    target.drawImage(
      this.#canvas, 0, 0, width, height,
      box.x - MARGIN / scale, box.y - MARGIN / scale, width / scale, height / scale,
    );
  }

  #paint(shape: MaskShape, style: MaskStyle, box: Rect, scale: number, side: number): void {
    const context = this.#context;
    context.globalCompositeOperation = "source-over";
    context.clearRect(0, 0, side, side);
    const path = new Path2D();
    tracePolygons(path, [shape.outline, ...shape.holes], box, scale, MARGIN);
    context.fillStyle = css(style.colour, ALPHA);
    context.fill(path, "evenodd");
    this.#pattern(style, path, side);
    // Soft edges: wider and wider strokes take a part of the mask away, towards its inside only.
    context.globalCompositeOperation = "destination-out";
    context.lineJoin = "round";
    for (const step of FEATHER_STEPS) {
      context.strokeStyle = css(BLACK, 1 - step.keep);
      context.lineWidth = 2 * FEATHER * side * step.width;
      context.stroke(path);
    }
  }

  #pattern(style: MaskStyle, path: Path2D, side: number): void {
    if (style.pattern === null) return;
    const ink = contrast(style.colour, BLACK) > contrast(style.colour, WHITE) ? BLACK : WHITE;
    const key = `${style.pattern} ${ink[0]}`;
    let tile = this.#tiles.get(key);
    if (tile === undefined) {
      tile = patternTile(style.pattern, css(ink, PATTERN_ALPHA));
      this.#tiles.set(key, tile);
    }
    const fill = tile === null ? null : this.#context.createPattern(tile, "repeat");
    if (fill === null) return;
    fill.setTransform(new DOMMatrix().scale(side / SIDE));
    this.#context.fillStyle = fill;
    this.#context.fill(path, "evenodd");
  }
}

/**
 * Draws the outline alone. The colour runs between a white and a black line: whatever the picture, one of the two
 * has a contrast of at least 4.5 to 1 with it.
 */
export function strokeOutline(target: OffscreenCanvasRenderingContext2D, outline: Float32Array, colour: Rgb, unit: number): void {
  const path = new Path2D();
  tracePolygons(path, [outline], { x: 0, y: 0, width: 0, height: 0 }, 1, 0);
  target.lineJoin = "round";
  for (const [width, ink] of [[7, BLACK], [5, WHITE], [3, colour]] as const) {
    target.lineWidth = width * unit;
    target.strokeStyle = css(ink);
    target.stroke(path);
  }
}
