/**
 * The one sampler of the client: how pixels get from a frame into the square that a model sees; `dasa.sampling`
 * does the same on the server. The frame is an endless plane, black outside the picture. A warp that shrinks by
 * more than 2 samples a halved copy; then bilinearly.
 */
import { halvings, invert, type Matrix } from "./matrix.js";
import type { Level, Pyramid } from "./pyramid.js";

// Positions are integers with 16 fractional bits; 8 of them weigh the four pixels around. Red and blue are
// interpolated together in one word, green in another: exact to about one step of 255, four times as fast as floats.
const ONE = 65536;
const HALF_WEIGHT = 1 / 512; // added to positions, so that cutting them off to 256ths rounds to nearest
const RED_BLUE = 0x00ff00ff;
const ROUND_BOTH = 0x00800080;
const OPAQUE = 0xff000000;

/**
 * Samples a crop of width x height pixels, alpha opaque, without allocating.
 *
 * @param matrix frame pixels -> crop pixels, a similarity
 * @param crop where the words go, from `offset` on
 * @throws RangeError when the matrix cannot be inverted
 */
export function warp(
  frame: Pyramid,
  matrix: Matrix,
  crop: Uint32Array,
  width: number,
  height: number,
  offset = 0,
): void {
  const count = halvings(matrix);
  const level = frame.level(count);
  const block = 2 ** count;
  const [a, b, c, d, e, f] = invert(matrix);
  const stepU = a / block;
  const stepV = d / block;
  for (let y = 0; y < height; y++) {
    // Centres of pixels on both sides: crop index + 0.5 -> frame -> halved frame -> its index.
    const u = (a * 0.5 + b * (y + 0.5) + c) / block - 0.5 + HALF_WEIGHT;
    const v = (d * 0.5 + e * (y + 0.5) + f) / block - 0.5 + HALF_WEIGHT;
    row(level, crop, offset + y * width, width, u, v, stepU, stepV);
  }
}

/** One row of the crop: the part that lies well inside the frame without any checks, the rest with them. */
function row(
  level: Level,
  crop: Uint32Array,
  at: number,
  width: number,
  u: number,
  v: number,
  stepU: number,
  stepV: number,
): void {
  let first = 0;
  let last = width;
  // Half-open interval of x with 0 <= u + x stepU < level.width - 1, and the same for v; a little narrower for
  // what the fixed-point steps may add up to.
  const slack = 1 / 64;
  [first, last] = inside(first, last, u, stepU, slack, level.width - 1 - slack);
  [first, last] = inside(first, last, v, stepV, slack, level.height - 1 - slack);
  edge(level, crop, at, 0, first, u, v, stepU, stepV);
  interior(level, crop, at, first, last, u, v, stepU, stepV);
  edge(level, crop, at, last, width, u, v, stepU, stepV);
}

/** Narrows [first, last) to the x with low <= start + x step <= high. */
function inside(
  first: number,
  last: number,
  start: number,
  step: number,
  low: number,
  high: number,
): [number, number] {
  if (high < low || (step === 0 && (start < low || start > high))) {
    return [last, last];
  }
  if (step === 0) {
    return [first, last];
  }
  const one = (low - start) / step;
  const other = (high - start) / step;
  const from = Math.max(first, Math.ceil(Math.min(one, other)));
  const to = Math.min(last, Math.floor(Math.max(one, other)) + 1);
  return from < to ? [from, to] : [last, last]; // an empty part still lies within the row
}

function interior(
  level: Level,
  crop: Uint32Array,
  at: number,
  first: number,
  last: number,
  u: number,
  v: number,
  stepU: number,
  stepV: number,
): void {
  const { words, width } = level;
  const du = Math.round(stepU * ONE);
  const dv = Math.round(stepV * ONE);
  let fixedU = Math.round((u + first * stepU) * ONE);
  let fixedV = Math.round((v + first * stepV) * ONE);
  for (let x = first; x < last; x++) {
    const index = (fixedV >> 16) * width + (fixedU >> 16);
    crop[at + x] = blend(
      words[index]!,
      words[index + 1]!,
      words[index + width]!,
      words[index + width + 1]!,
      (fixedU >> 8) & 0xff,
      (fixedV >> 8) & 0xff,
    );
    fixedU += du;
    fixedV += dv;
  }
}

function edge(
  level: Level,
  crop: Uint32Array,
  at: number,
  first: number,
  last: number,
  u: number,
  v: number,
  stepU: number,
  stepV: number,
): void {
  for (let x = first; x < last; x++) {
    const pointU = u + x * stepU;
    const pointV = v + x * stepV;
    const left = Math.floor(pointU);
    const top = Math.floor(pointV);
    crop[at + x] = blend(
      pixel(level, left, top),
      pixel(level, left + 1, top),
      pixel(level, left, top + 1),
      pixel(level, left + 1, top + 1),
      Math.floor((pointU - left) * 256),
      Math.floor((pointV - top) * 256),
    );
  }
}

/** A pixel of the endless plane. */
function pixel({ words, width, height }: Level, x: number, y: number): number {
  return x >= 0 && x < width && y >= 0 && y < height ? words[y * width + x]! : 0;
}

/** The mean of four pixels by their distance; weights of the right and the lower ones in 256ths. */
function blend(
  topLeft: number,
  topRight: number,
  bottomLeft: number,
  bottomRight: number,
  right: number,
  down: number,
): number {
  const left = 256 - right;
  const up = 256 - down;
  const redBlueTop =
    ((Math.imul(topLeft & RED_BLUE, left) + Math.imul(topRight & RED_BLUE, right) + ROUND_BOTH) >>> 8) & RED_BLUE;
  const redBlueBottom =
    ((Math.imul(bottomLeft & RED_BLUE, left) + Math.imul(bottomRight & RED_BLUE, right) + ROUND_BOTH) >>> 8) &
    RED_BLUE;
  const redBlue = ((Math.imul(redBlueTop, up) + Math.imul(redBlueBottom, down) + ROUND_BOTH) >>> 8) & RED_BLUE;
  const greenTop = ((topLeft >>> 8) & 0xff) * left + ((topRight >>> 8) & 0xff) * right;
  const greenBottom = ((bottomLeft >>> 8) & 0xff) * left + ((bottomRight >>> 8) & 0xff) * right;
  const green = (greenTop * up + greenBottom * down + 0x8000) >>> 16;
  return redBlue | (green << 8) | OPAQUE;
}
