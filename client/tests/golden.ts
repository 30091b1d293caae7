/** Reads the golden files that Python wrote; their README says what is in them. */
import { readFileSync } from "node:fs";
import { PNG } from "pngjs";
import type { Pixels } from "../src/records.js";

const folder = new URL("../../tests/golden/", import.meta.url);

/** A golden file of numbers; the caller says what it holds. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the shape is the caller's knowledge
export function golden<Contents>(name: string): Contents {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf-8")) as Contents;
}

/** A golden picture, RGBA. */
export function goldenPicture(name: string): Pixels {
  const { data, width, height } = PNG.sync.read(readFileSync(new URL(`${name}.png`, folder)));
  return { data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length), width, height };
}

/** The largest difference of two lists of numbers; infinite where their lengths differ. */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) {
    return Infinity;
  }
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}
