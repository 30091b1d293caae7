/**
 * Similarities of the plane: how a frame and the square that a model sees lie to each other.
 *
 * Coordinates are those of the records: the centre of the top left pixel lies at (0.5, 0.5).
 */
import type { Region } from "../records.js";

/** Rows of a 2 x 3 matrix, [a, b, c, d, e, f]: x' = a x + b y + c, y' = d x + e y + f. */
export type Matrix = readonly [number, number, number, number, number, number];

/** The way back. */
export function invert([a, b, c, d, e, f]: Matrix): Matrix {
  const determinant = a * e - b * d;
  return [
    e / determinant,
    -b / determinant,
    (b * f - c * e) / determinant,
    -d / determinant,
    a / determinant,
    (c * d - a * f) / determinant,
  ];
}

/**
 * How often a frame is halved before it is sampled: until the warp shrinks by at most 2.
 *
 * @param matrix frame pixels -> crop pixels
 * @throws RangeError when the matrix cannot be inverted
 */
export function halvings([a, b, , d, e]: Matrix): number {
  let scale = Math.sqrt(Math.abs(a * e - b * d));
  if (!(Number.isFinite(scale) && scale > 0)) {
    throw new RangeError("a warp needs a finite matrix that can be inverted");
  }
  let count = 0;
  for (; scale < 0.5; scale *= 2) {
    count += 1;
  }
  return count;
}

/** The similarity that takes a region of the frame to a crop of `side` pixels. */
export function regionMatrix(region: Region, side: number): Matrix {
  const scale = side / region.side;
  const cosine = scale * Math.cos(region.angle);
  const sine = scale * Math.sin(region.angle);
  return [
    cosine,
    sine,
    side / 2 - cosine * region.x - sine * region.y,
    -sine,
    cosine,
    side / 2 + sine * region.x - cosine * region.y,
  ];
}
