/**
 * The patterns that tell emotions apart without colour: one small tile each, drawn once.
 *
 * Names are the manifest's; a name that this build does not know gives no pattern.
 */

const TILE = 24; // px of the mask's own canvas

type Draw = (context: OffscreenCanvasRenderingContext2D) => void;

const strokes = (draw: Draw): Draw => (context) => {
  context.beginPath();
  draw(context);
  context.stroke();
};
const fills = (draw: Draw): Draw => (context) => {
  context.beginPath();
  draw(context);
  context.fill();
};

const shapes: Readonly<Record<string, Draw>> = {
  dots: fills((c) => { c.arc(12, 12, 4.5, 0, 2 * Math.PI); }),
  rings: strokes((c) => { c.arc(12, 12, 6, 0, 2 * Math.PI); }),
  diagonal: strokes((c) => {
    for (const x of [-TILE / 2, 0, TILE / 2]) {
      c.moveTo(x - 6, 18 + 12);
      c.lineTo(x + 30, 6 - 12);
    }
  }),
  grid: strokes((c) => {
    c.moveTo(12, 0);
    c.lineTo(12, TILE);
    c.moveTo(0, 12);
    c.lineTo(TILE, 12);
  }),
  zigzag: strokes((c) => {
    c.moveTo(-6, 18);
    c.lineTo(0, 12);
    for (const x of [6, 12, 18, 24, 30]) c.lineTo(x, x % 12 === 0 ? 12 : 6);
  }),
  waves: strokes((c) => {
    c.moveTo(0, 12);
    c.bezierCurveTo(6, 4, 6, 4, 12, 12);
    c.bezierCurveTo(18, 20, 18, 20, 24, 12);
  }),
  drops: fills((c) => {
    c.moveTo(12, 3);
    c.bezierCurveTo(14, 9, 18, 11, 18, 15);
    c.arc(12, 15, 6, 0, Math.PI);
    c.bezierCurveTo(6, 11, 10, 9, 12, 3);
  }),
  hearts: fills((c) => {
    c.moveTo(12, 20);
    c.bezierCurveTo(2, 12, 4, 4, 8, 5);
    c.bezierCurveTo(10, 5, 12, 7, 12, 9);
    c.bezierCurveTo(12, 7, 14, 5, 16, 5);
    c.bezierCurveTo(20, 4, 22, 12, 12, 20);
  }),
};

/** Draws a repeating tile of a pattern in an ink; null for "none". */
export function patternTile(name: string, ink: string): OffscreenCanvas | null {
  const shape = shapes[name];
  if (shape === undefined) return null;
  const canvas = new OffscreenCanvas(TILE, TILE);
  const context = canvas.getContext("2d");
  if (context === null) return null;
  context.strokeStyle = ink;
  context.fillStyle = ink;
  context.lineWidth = 3;
  context.lineJoin = "round";
  shape(context);
  return canvas;
}
