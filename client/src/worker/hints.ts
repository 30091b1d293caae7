/** What a picture lacks, for the page to say. */
import type { Seen } from "../faces/follower.js";
import { boxOf } from "../faces/boxes.js";
import type { Box } from "../records.js";
import type { Level } from "../sampling/pyramid.js";
import type { Hints } from "./messages.js";

const DARK = 40; // mean luma of 255 below which a face's features drown in the sensor's noise
const SMALL = 24; // pixels of a face's shorter side: half the points of the alignment fall into one pixel
const SURE = 0.5; // score of a detection that counts as a face although no landmarks were found in it
const SAMPLES = 24; // across a box, and down

export function hintsOf(frame: Level, seen: Seen): Hints {
  const boxes = seen.faces.map(boxOf);
  const looked = boxes.length > 0 ? boxes : [{ x: 0, y: 0, width: frame.width, height: frame.height }];
  const luma = looked.reduce((sum, box) => sum + meanLuma(frame, box), 0) / looked.length;
  const small = boxes.filter((box) => Math.min(box.width, box.height) < SMALL).length;
  const unread = seen.doubtful.filter(
    ({ box, score }) => score >= SURE && Math.min(box.width, box.height) < 2 * SMALL,
  ).length;
  return { dark: luma < DARK, tooSmall: small + unread, beyondLimit: seen.crowded };
}

/** Mean luma (ITU-R BT.709) of a grid of pixels in the part of a box that lies in the frame; white without any. */
function meanLuma({ words, width, height }: Level, box: Box): number {
  let sum = 0, count = 0;
  for (let row = 0; row < SAMPLES; row++) {
    const y = Math.floor(box.y + ((row + 0.5) * box.height) / SAMPLES);
    for (let column = 0; column < SAMPLES; column++) {
      const x = Math.floor(box.x + ((column + 0.5) * box.width) / SAMPLES);
      if (x >= 0 && x < width && y >= 0 && y < height) {
        const word = words[y * width + x]!;
        sum += 0.2126 * (word & 0xff) + 0.7152 * ((word >>> 8) & 0xff) + 0.0722 * ((word >>> 16) & 0xff);
        count += 1;
      }
    }
  }
  return count === 0 ? 255 : sum / count;
}
