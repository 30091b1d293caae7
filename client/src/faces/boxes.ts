/** How boxes lie to each other. */
import type { Box, Face } from "../records.js";

export function areaOf(box: Box): number {
  return box.width * box.height;
}

/** The tight box of all landmarks. */
export function boxOf({ landmarks }: Face): Box {
  let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
  for (let i = 0; i < landmarks.length; i += 3) {
    const x = landmarks[i]!;
    const y = landmarks[i + 1]!;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The longer side of a face's box, pixels; faces are ranked by it. */
export function longerSide(face: Face): number {
  const box = boxOf(face);
  return Math.max(box.width, box.height);
}

/** Intersection over union of two boxes; 0 where either is empty. */
export function iou(a: Box, b: Box): number {
  const shared = common(a, b);
  return shared === 0 ? 0 : shared / (areaOf(a) + areaOf(b) - shared);
}

/**
 * How far two faces are one: intersection over union, or nearly all of the smaller one covered.
 *
 * [0, 1]. A wrong face on a part of a large one has a small intersection over union; therefore the covered share of
 * the smaller box counts too, at half weight.
 */
export function overlap(a: Box, b: Box): number {
  const shared = common(a, b);
  const smaller = Math.min(areaOf(a), areaOf(b));
  return shared === 0 || smaller <= 0 ? 0 : Math.max(iou(a, b), (0.5 * shared) / smaller);
}

function common(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width <= 0 || height <= 0 ? 0 : width * height;
}
