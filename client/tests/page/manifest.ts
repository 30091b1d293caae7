/** Manifests for tests of the page: of any number of classes, with or without a neutral of their own. */
import type { Manifest, Primary } from "../../src/generated/manifest.js";

type WorkersOnly = "files" | "detector" | "mesh" | "crop" | "smoothing" | "tracking";
type PageManifest = Omit<Manifest, WorkersOnly>;

const looks = [
  ["neutral", "#ADB5BD", "#BBBBBB", "none"],
  ["happiness", "#FFD60A", "#F0E442", "dots"],
  ["surprise", "#FB8500", "#E69F00", "rings"],
  ["sadness", "#3A86FF", "#0072B2", "drops"],
  ["anger", "#E5383B", "#D55E00", "zigzag"],
  ["disgust", "#70E000", "#009E73", "grid"],
  ["fear", "#9B5DE5", "#7A5195", "waves"],
  ["love", "#FF9EB5", "#CC79A7", "hearts"],
  ["desire", "#800020", "#5C1A33", "diagonal"],
] as const;

const terms: Readonly<Record<string, readonly string[]>> = {
  happiness: ["delight", "amusement", "contentment"],
  surprise: ["amazement", "astonishment"],
  sadness: ["melancholy", "disappointment"],
  anger: ["irritation", "frustration"],
  disgust: ["revulsion"],
  fear: ["anxiety", "nervousness"],
  love: ["tenderness", "affection"],
  desire: ["longing"],
};

function primaries(ids: readonly string[]): Primary[] {
  return looks
    .filter(([id]) => ids.includes(id))
    .map(([id, colour, safe_colour, pattern]) => ({ id, colour, safe_colour, pattern, valence: 0, arousal: 0 }));
}

export const basic7 = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear"];
export const emo135 = ["love", "anger", "fear", "sadness", "happiness", "surprise", "desire", "disgust"];

/** A manifest of these classes; with what the page reads, and nothing of what only the worker reads. */
export function manifestOf(ids: readonly string[]): Manifest {
  const list = primaries(ids);
  const output = { output: "primary", classes: list.map((p) => p.id), temperature: 1, abstain_below: 0.4 };
  const model = { file: "primary.onnx", side: 64, primary: output };
  const gate = { model, neutral: "neutral", threshold: 0.5, colour: "#ADB5BD", safe_colour: "#BBBBBB" };
  const manifest: PageManifest = {
    schema_version: 1,
    name: "dasa-test",
    version: "1.0.0",
    description: "A manifest for tests of the page.",
    licences: [{ component: "Face Mesh", spdx: "Apache-2.0", source: "mediapipe 0.10.21" }],
    primary: model,
    specific: { file: "specific.onnx", side: 64, terms: { output: "terms", temperature: 1, trained: false }, primary: null, affect: null },
    neutral_gate: ids.includes("neutral") ? null : gate,
    taxonomy: {
      id: "test",
      primaries: list,
      terms: list.flatMap((p) => (terms[p.id] ?? []).map((id) => ({ id, primary: p.id, valence: 0, arousal: 0, rating: "exact" as const }))),
      neutral: ids.includes("neutral") ? "neutral" : null,
    },
    metrics: [
      { file: "primary.onnx", data: "FER+ test", name: "accuracy", value: 0.853, low: 0.84, high: 0.865, count: 3500 },
      { file: "primary.onnx", data: "FER+ test", name: "expected calibration error", value: 0.031, low: null, high: null, count: 3500 },
    ],
    provenance: { data: "FER+ (majority labels)", recipe: "recipes/ferplus-small.toml", commit: "abcdef1" },
  };
  return manifest as Manifest;
}

/** Terms of a primary in the test's taxonomy. */
export function termsOf(id: string): readonly string[] {
  return terms[id] ?? [];
}
