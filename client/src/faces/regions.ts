/** Where the landmark model looks: rotated squares around faces. */
import type { Mesh as MeshSpec } from "../generated/manifest.js";
import type { Detection, Face, Region } from "../records.js";
import { boxOf, overlap } from "./boxes.js";

/** The first region of a face: around its box, the line between the eyes level. */
export function regionOfDetection({ box, keypoints }: Detection, spec: MeshSpec): Region {
  return {
    x: box.x + box.width / 2,
    y: box.y + box.height / 2,
    side: spec.region_scale * Math.max(box.width, box.height),
    angle: Math.atan2(keypoints[3]! - keypoints[1]!, keypoints[2]! - keypoints[0]!), // right eye to left eye
  };
}

/** The next region of a face that is followed: around the box of its landmarks in the levelled frame. */
export function regionOfLandmarks(landmarks: Float32Array, spec: MeshSpec): Region {
  const from = 3 * spec.angle_from;
  const to = 3 * spec.angle_to;
  const angle = Math.atan2(landmarks[to + 1]! - landmarks[from + 1]!, landmarks[to]! - landmarks[from]!);
  const cosine = Math.cos(angle);
  const sine = Math.sin(angle);
  let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
  for (let i = 0; i < landmarks.length; i += 3) {
    const x = cosine * landmarks[i]! + sine * landmarks[i + 1]!;
    const y = -sine * landmarks[i]! + cosine * landmarks[i + 1]!;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  const x = (left + right) / 2;
  const y = (top + bottom) / 2;
  return {
    x: cosine * x - sine * y,
    y: sine * x + cosine * y,
    side: spec.region_scale * Math.max(right - left, bottom - top),
    angle,
  };
}

/** Faces without doubles, in the order given: of two that overlap too much the earlier one stays. */
export function distinct(faces: readonly Face[], spec: MeshSpec): Face[] {
  const kept: Face[] = [];
  for (const face of faces) {
    const box = boxOf(face);
    if (kept.every((other) => overlap(box, boxOf(other)) <= spec.overlap_threshold)) {
      kept.push(face);
    }
  }
  return kept;
}
