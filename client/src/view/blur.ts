/**
 * Hides ovals of a picture: each is reduced to a few colours and enlarged again, so that nothing of a face is left.
 *
 * Canvas filters would be shorter, but Safari does not have them.
 */
import { type Rect, type Size } from "./geometry.js";

const GRAIN = 6; // samples along each side of a head: three or four across the face
const SOFT = 48; // px of the step in between, for a smooth enlargement

export class BlurPainter {
  readonly #grains: OffscreenCanvasRenderingContext2D; // one strip, a square per region
  readonly #soft: OffscreenCanvasRenderingContext2D;

  constructor() {
    this.#grains = contextOf(new OffscreenCanvas(GRAIN, GRAIN));
    this.#soft = contextOf(new OffscreenCanvas(SOFT, SOFT));
  }

  /** Hides regions of the target in place; rectangles around the ovals, in its pixels. */
  hide(target: OffscreenCanvasRenderingContext2D, regions: readonly Rect[]): void {
    const parts = regions.map((oval) => ({ oval, rect: cut(oval, target.canvas) })).filter(({ rect }) => rect.width >= 1 && rect.height >= 1);
    if (parts.length === 0) return;
    // All are read before the first is written, so that the picture is not copied for each of them.
    this.#grains.canvas.width = GRAIN * parts.length;
    this.#grains.imageSmoothingQuality = "high";
    parts.forEach(({ rect }, i) => {
      this.#grains.drawImage(target.canvas, rect.x, rect.y, rect.width, rect.height, i * GRAIN, 0, GRAIN, GRAIN);
    });
    parts.forEach(({ oval, rect }, i) => {
      this.#soft.imageSmoothingQuality = "high";
      this.#soft.drawImage(this.#grains.canvas, i * GRAIN, 0, GRAIN, GRAIN, 0, 0, SOFT, SOFT);
      target.save();
      target.beginPath();
      target.ellipse(oval.x + oval.width / 2, oval.y + oval.height / 2, oval.width / 2, oval.height / 2, 0, 0, 2 * Math.PI);
      target.clip();
      target.imageSmoothingQuality = "high";
      target.drawImage(this.#soft.canvas, rect.x, rect.y, rect.width, rect.height);
      target.restore();
    });
  }
}

/** The part of a rectangle that lies on the canvas; may be empty. */
function cut(rect: Rect, canvas: Size): Rect {
  const x = Math.max(0, Math.floor(rect.x));
  const y = Math.max(0, Math.floor(rect.y));
  return {
    x,
    y,
    width: Math.min(canvas.width, Math.ceil(rect.x + rect.width)) - x,
    height: Math.min(canvas.height, Math.ceil(rect.y + rect.height)) - y,
  };
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) throw new Error("no 2D canvas");
  return context;
}
