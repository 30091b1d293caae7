/** The server's answer about a face as the record that the smoother takes. */
import type { Face } from "../generated/api.js";
import type { Manifest } from "../generated/manifest.js";
import type { Emotion } from "../records.js";

/** @param face of an answer with scores=all */
export function emotionOf(face: Face, manifest: Manifest): Emotion {
  const chances = face.primary.probabilities;
  const terms = face.specific?.probabilities ?? face.terms ?? null;
  return {
    primary: Float32Array.from(manifest.taxonomy.primaries, ({ id }) => chances[id] ?? 0),
    terms: terms?.length === manifest.taxonomy.terms.length ? Float32Array.from(terms) : null,
    neutralGate: face.neutral_gate,
    valence: face.valence,
    arousal: face.arousal,
    derivedAffect: face.derived_affect,
  };
}
