/**
 * Whether another backend may replace the one that is known to work: on a known face it must give the same answers,
 * and in less time. Backends exist that start, and then find nothing or crash.
 */
import { decode } from "../faces/detector.js";
import type { Manifest } from "../generated/manifest.js";
import { output, type Model, type Outputs } from "../models.js";
import type { Models } from "./pipeline.js";

const TOLERANCE = 0.02; // of the largest value of an output; half floats on a GPU stay well below
const ROUNDS = 5;
const HOPELESS = 4; // times as slow, after shaders are compiled: no more runs are needed

/** A face that fills its picture, at the side that each model wants, RGBA. */
export type KnownFace = (side: number) => Uint8Array;

export type Verdict = "better" | "wrong" | "slower";

/**
 * @param known models that work
 * @param candidate the same models in another runtime
 * @param now milliseconds, rising
 */
export async function prove(
  manifest: Manifest,
  known: Models,
  candidate: Models,
  face: KnownFace,
  now: () => number,
): Promise<Verdict> {
  const pairs: [Model, Model][] = [
    [known.detector, candidate.detector],
    [known.mesh, candidate.mesh],
    [known.primary, candidate.primary],
  ];
  const { scores, regressors } = manifest.detector;
  const found = await candidate.detector.run(face(candidate.detector.side), 1);
  if (decode(output(found, regressors), output(found, scores), manifest.detector).length === 0) {
    return "wrong";
  }
  let knownMs = 0, candidateMs = 0;
  for (const [one, other] of pairs) {
    const image = face(one.side);
    if (!alike(await one.run(image, 1), await other.run(image, 1))) {
      return "wrong";
    }
    const ours = await fastest(one, image, now, ROUNDS);
    const first = await fastest(other, image, now, 1);
    if (first > HOPELESS * ours) {
      return "slower"; // a processor that plays a graphics card
    }
    knownMs += ours;
    candidateMs += Math.min(first, await fastest(other, image, now, ROUNDS));
  }
  return candidateMs < knownMs ? "better" : "slower";
}

/** Whether all outputs agree. */
export function alike(one: Outputs, other: Outputs): boolean {
  return Object.entries(one).every(([name, values]) => {
    const others = other[name];
    if (others?.length !== values.length) {
      return false;
    }
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    return values.every((value, index) => Math.abs(value - others[index]!) <= TOLERANCE * largest);
  });
}

/** The quickest of a few runs: other work on the machine only ever adds. */
async function fastest(model: Model, image: Uint8Array, now: () => number, rounds: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = now();
    await model.run(image, 1);
    least = Math.min(least, now() - start);
  }
  return least;
}
