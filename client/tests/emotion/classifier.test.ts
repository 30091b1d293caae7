import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emotionOf } from "../../src/emotion/answers.js";
import { DeviceClassifier } from "../../src/emotion/classifier.js";
import { softmax } from "../../src/emotion/probabilities.js";
import type { Face } from "../../src/generated/api.js";
import type { Manifest, PrimaryOutput } from "../../src/generated/manifest.js";
import type { Model } from "../../src/models.js";
import { golden } from "../golden.js";

interface Case {
  readonly taxonomy: string;
  readonly manifest: Manifest;
}
const manifestOf = (taxonomy: string): Manifest =>
  golden<{ cases: Case[] }>("people").cases.find((one) => one.taxonomy === taxonomy)!.manifest;

/** A model with fixed logits for every crop. */
function model(name: string, logits: readonly number[], side = 8): Model {
  return {
    side,
    batches: false,
    run: (_, count) => Promise.resolve({ [name]: Float32Array.from(Array.from({ length: count }, () => logits).flat()) }),
    release: () => Promise.resolve(),
  };
}

const outputOf = (count: number, temperature: number): PrimaryOutput => ({
  output: "primary",
  classes: Array.from({ length: count }, (_, i) => `c${i}`),
  temperature,
  abstain_below: 0,
});

describe("softmax", () => {
  it("gives probabilities whatever the logits and the temperature", () => {
    const logits = fc.array(fc.float({ min: -500, max: 500, noNaN: true }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(logits, fc.double({ min: 0.1, max: 10, noNaN: true }), (values, temperature) => {
        const chances = softmax(Float32Array.from(values), 0, outputOf(values.length, temperature));
        expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 4);
      }),
      { seed: 1 },
    );
  });

  it("grows surer as the temperature falls", () => {
    const logits = Float32Array.of(2, 1, 0);
    expect(softmax(logits, 0, outputOf(3, 0.5))[0]).toBeGreaterThan(softmax(logits, 0, outputOf(3, 2))[0]!);
  });
});

describe("classifier", () => {
  const basic = manifestOf("basic7");
  const classes = basic.primary.primary.classes;

  it("derives valence and arousal from the anchors", async () => {
    const happy = classes.map((name) => (name === "happiness" ? 50 : 0));
    const classifier = new DeviceClassifier(basic, model(basic.primary.primary.output, happy), null);
    const [emotion] = await classifier.classify((side) => new Uint8Array(4 * side * side), 1);
    const anchor = basic.taxonomy.primaries.find(({ id }) => id === "happiness")!;
    expect(emotion!.primary[classes.indexOf("happiness")]).toBeCloseTo(1);
    expect(emotion!.valence).toBeCloseTo(anchor.valence);
    expect(emotion!.arousal).toBeCloseTo(anchor.arousal);
    expect(emotion!.neutralGate).toBeNull();
    expect(emotion!.derivedAffect).toBe(true);
  });

  it("asks the gate's own model on crops of its side", async () => {
    const manifest = manifestOf("emo135");
    const gate = manifest.neutral_gate!;
    const logits = gate.model.primary.classes.map((name) => (name === gate.neutral ? 3 : 0));
    const primary = model(manifest.primary.primary.output, manifest.primary.primary.classes.map(() => 0));
    const classifier = new DeviceClassifier(manifest, primary, model(gate.model.primary.output, logits, 4));
    const sides: number[] = [];
    const emotions = await classifier.classify((side) => {
      sides.push(side);
      return new Uint8Array(2 * 4 * side * side);
    }, 2);
    expect(sides).toEqual([manifest.primary.side, gate.model.side]);
    const expected = Math.exp(3) / (Math.exp(3) + logits.length - 1);
    expect(emotions.map(({ neutralGate }) => neutralGate)).toEqual([expected, expected].map((value) => expect.closeTo(value, 5) as number));
  });

  it("refuses a model that is not the one of the manifest", async () => {
    const classifier = new DeviceClassifier(basic, model("another", [1, 2]), null);
    await expect(classifier.classify((side) => new Uint8Array(4 * side * side), 1)).rejects.toThrow("no output");
  });
});

describe("answers of the server", () => {
  const manifest = manifestOf("basic7");
  const face: Face = {
    primary: { id: "fear", confidence: 0.7, unsure: false, probabilities: { fear: 0.7, sadness: 0.3 } },
    specific: { id: "dread", confidence: 0.1, top: [], probabilities: manifest.taxonomy.terms.map((_, i) => i / 9045) },
    neutral_gate: null, valence: -0.5, arousal: 0.25, derived_affect: false,
  };

  it("become records in the manifest's order", () => {
    const emotion = emotionOf(face, manifest);
    const fear = manifest.taxonomy.primaries.findIndex(({ id }) => id === "fear");
    expect(emotion.primary[fear]).toBeCloseTo(0.7);
    expect(emotion.terms).toHaveLength(135);
    expect([emotion.valence, emotion.arousal, emotion.derivedAffect]).toEqual([-0.5, 0.25, false]);
  });

  it("without terms, or with those of another bundle, have none", () => {
    expect(emotionOf({ ...face, specific: null }, manifest).terms).toBeNull();
    expect(emotionOf({ ...face, specific: { ...face.specific!, probabilities: [1] } }, manifest).terms).toBeNull();
  });
});
