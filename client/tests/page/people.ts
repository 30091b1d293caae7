/** Synthetic people: an oval of a face with eyes and mouth. */
import type { Person } from "../../src/records.js";
import { termsOf } from "./manifest.js";

function ellipse(x: number, y: number, rx: number, ry: number, points: number): Float32Array {
  const out = new Float32Array(2 * points);
  for (let i = 0; i < points; i++) {
    const angle = (2 * Math.PI * i) / points - Math.PI / 2;
    out[2 * i] = x + rx * Math.cos(angle);
    out[2 * i + 1] = y + ry * Math.sin(angle);
  }
  return out;
}

export interface Pose {
  readonly id: number;
  readonly x: number; // centre
  readonly y: number;
  readonly height: number;
}

/** Somebody who shows one of the classes with this confidence; "unsure" and "neutral" may be shown too. */
export function personOf(pose: Pose, shown: string, confidence: number, classes: readonly string[]): Person {
  const { id, x, y, height } = pose;
  const [rx, ry] = [0.37 * height, height / 2];
  const best = classes.includes(shown) ? shown : classes[0]!;
  const rest = (1 - confidence) / (classes.length - 1);
  const [term] = termsOf(shown);
  return {
    id,
    box: { x: x - rx, y: y - ry, width: 2 * rx, height },
    outline: ellipse(x, y, rx, ry, 36),
    rightEye: ellipse(x - 0.16 * height, y - 0.1 * height, 0.075 * height, 0.035 * height, 16),
    leftEye: ellipse(x + 0.16 * height, y - 0.1 * height, 0.075 * height, 0.035 * height, 16),
    lips: ellipse(x, y + 0.25 * height, 0.12 * height, 0.03 * height, 20),
    score: 0.97,
    shown,
    primary: { id: best, confidence, unsure: shown === "unsure" },
    probabilities: Float32Array.from(classes, (name) => (name === best ? confidence : rest)),
    specific: term === undefined ? null : { id: term, confidence: 0.2, top: [{ id: term, confidence: 0.2 }] },
    valence: shown === "happiness" ? 0.7 : -0.2,
    arousal: 0.3,
    derivedAffect: true,
    source: "device",
  };
}
