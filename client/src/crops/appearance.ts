/** What a face roughly looks like: a cue that tells people apart who are in view together. */
import type { Crop } from "../generated/manifest.js";
import type { Pyramid } from "../sampling/pyramid.js";
import { warp } from "../sampling/warp.js";
import { alignment } from "./alignment.js";

const SIDE = 8; // pixels of the crop; its inner 6 x 4 are skin, brows, eyes and mouth, without hair and background
const DARKEST = 8; // is added to a channel of 0 to 255, below which there is only noise
const EXPOSURE = 0.5; // share of the mean brightness that does not count: it changes with the light along the way

const words = new Uint32Array(SIDE * SIDE);

/**
 * The colours of six parts of a face: forehead, cheeks, mouth and chin, each right and left.
 *
 * Far too coarse to recognise anybody by (six colours), and enough to tell two people apart who are lit by the same
 * light.
 *
 * @param landmarks x, y, z of each, in pixels of the frame
 * @returns 18 numbers: logarithms of red, green and blue, part by part, row by row; their mean counts in part
 */
export function appearance(frame: Pyramid, landmarks: Float32Array, crop: Crop): Float64Array {
  warp(frame, alignment(landmarks, crop, SIDE), words, SIDE, SIDE, 0);
  const logs = new Float64Array(18);
  let sum = 0;
  for (let part = 0; part < 6; part++) {
    const row = 1 + 2 * Math.floor(part / 2);
    const column = 2 + 2 * (part % 2);
    for (let channel = 0; channel < 3; channel++) {
      const of = (y: number, x: number): number => (words[y * SIDE + x]! >>> (8 * channel)) & 0xff;
      const mean = (of(row, column) + of(row, column + 1) + of(row + 1, column) + of(row + 1, column + 1)) / 4;
      logs[3 * part + channel] = Math.log(mean + DARKEST);
      sum += logs[3 * part + channel]!;
    }
  }
  return logs.map((log) => log - (EXPOSURE * sum) / logs.length);
}
