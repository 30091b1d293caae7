/** Logits -> probabilities -> emotions. */
import type { Manifest, PrimaryOutput } from "../generated/manifest.js";
import type { Emotion } from "../records.js";

/**
 * Probabilities of one row of logits.
 *
 * @param logits [N, classes], flattened
 * @param row which of the N
 */
export function softmax(logits: Float32Array, row: number, { classes, temperature }: PrimaryOutput): Float32Array {
  const scaled = Float64Array.from(classes, (_, index) => logits[row * classes.length + index]! / temperature);
  const most = scaled.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = scaled.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return Float32Array.from(powers, (power) => power / sum);
}

/**
 * What the device's models say about a face. Valence and arousal are the expectation of the manifest's anchors over
 * the primary probabilities, and are called derived.
 *
 * @param neutralGate probability of neutral by the gate's model; null: no gate
 */
export function deviceEmotion(primary: Float32Array, neutralGate: number | null, { taxonomy }: Manifest): Emotion {
  const expectation = (of: "valence" | "arousal"): number =>
    taxonomy.primaries.reduce((sum, anchor, index) => sum + anchor[of] * primary[index]!, 0);
  return {
    primary,
    terms: null,
    neutralGate,
    valence: clipped(expectation("valence")),
    arousal: clipped(expectation("arousal")),
    derivedAffect: true,
  };
}

function clipped(value: number): number {
  return Math.min(1, Math.max(-1, value));
}
