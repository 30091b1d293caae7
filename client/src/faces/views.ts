/** What the detector looks at: the whole frame, more than it, and squares in which small faces are larger. */
import type { Detector as DetectorSpec } from "../generated/manifest.js";
import type { Box } from "../records.js";
import type { Matrix } from "../sampling/matrix.js";
import { letterbox } from "./detector.js";

/** Frame -> the detector's input, for a part of the frame. */
export function viewMatrix(view: Box, side: number): Matrix {
  const [scale, , left, , , top] = letterbox(view.width, view.height, side);
  return [scale, 0, left - scale * view.x, 0, scale, top - scale * view.y];
}

/**
 * The views of a frame: the whole, the wide one, then squares row by row.
 *
 * A face that fills the frame is too large for the detector and leaves it no room around; the wide view shows the
 * frame amid black, smaller by the factor `wide`. In the letterbox of a wide frame a face of a tenth of its height
 * has some ten pixels, too few to be found reliably; in the squares (`view_share` of the height) it has more than
 * twice as many. Squares of less than two thirds of the input's side are left
 * out.
 *
 * @param tiles also squares of a half, a quarter, ... of that side (`tile_levels`), for smaller faces
 */
export function views(width: number, height: number, spec: DetectorSpec, tiles: boolean): Box[] {
  const reach = (spec.wide - 1) / 2;
  const whole = { x: 0, y: 0, width, height };
  const wide = { x: -reach * width, y: -reach * height, width: spec.wide * width, height: spec.wide * height };
  const result: Box[] = [whole, wide];
  for (let level = 0; level <= (tiles ? spec.tile_levels : 0); level++) {
    const side = (spec.view_share * height) / 2 ** level;
    if (side >= (spec.side * 2) / 3) {
      result.push(...squares(width, height, side, spec));
    }
  }
  return result;
}

function squares(width: number, height: number, wanted: number, spec: DetectorSpec): Box[] {
  let side = wanted;
  for (const length of [width, height]) {
    const number = count(length, wanted, spec);
    if (number === spec.view_limit) {
      side = Math.max(side, length / (number - (number - 1) * spec.view_overlap)); // too few to cover it otherwise
    }
  }
  const columns = count(width, side, spec);
  const rows = count(height, side, spec);
  const size = { width: Math.min(side, width), height: Math.min(side, height) };
  return starts(height, side, rows).flatMap((y) => starts(width, side, columns).map((x) => ({ x, y, ...size })));
}

/** How many squares cover a length with the least overlap. */
function count(length: number, side: number, spec: DetectorSpec): number {
  if (side >= length) {
    return 1;
  }
  return Math.min(spec.view_limit, Math.ceil((length / side - spec.view_overlap) / (1 - spec.view_overlap)));
}

function starts(length: number, side: number, number: number): number[] {
  return number === 1 ? [0] : Array.from({ length: number }, (_, i) => ((length - side) * i) / (number - 1));
}
