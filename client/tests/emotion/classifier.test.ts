import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emotionOf } from "../../src/emotion/answers.js";
import { Classifier, softmax, WrongOutput } from "../../src/emotion/classifier.js";
import type { Face } from "../../src/generated/api.js";
import type { Manifest } from "../../src/generated/manifest.js";
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

describe("softmax", () => {
  it("gives probabilities whatever the logits and the temperature", () => {
    const logits = fc.array(fc.float({ min: -500, max: 500, noNaN: true }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(logits, fc.double({ min: 0.1, max: 10, noNaN: true }), (values, temperature) => {
        const chances = softmax(Float32Array.from(values), temperature);
        expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 4);
      }),
      { endOnFailure: true },
    );
  });

  it("grows surer as the temperature falls", () => {
    const logits = Float32Array.of(2, 1, 0);
    expect(softmax(logits, 0.5)[0]).toBeGreaterThan(softmax(logits, 2)[0]!);
  });
});

describe("classifier", () => {
  const basic = manifestOf("basic7");
  const classes = basic.primary.primary.classes;

  it("derives valence and arousal from the anchors", async () => {
    const happy = classes.map((name) => (name === "happiness" ? 50 : 0));
    const classifier = new Classifier(basic, { primary: model(basic.primary.primary.output, happy), gate: null });
    const [emotion] = await classifier.classify(new Uint8Array(256), null, 1);
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
    const classifier = new Classifier(manifest, { primary, gate: model(gate.model.primary.output, logits, 4) });
    expect(classifier.sides).toEqual({ primary: 8, gate: 4 });
    const emotions = await classifier.classify(new Uint8Array(512), new Uint8Array(128), 2);
    const expected = Math.exp(3) / (Math.exp(3) + logits.length - 1);
    expect(emotions.map(({ neutralGate }) => neutralGate)).toEqual([expected, expected].map((value) => expect.closeTo(value, 5) as number));
  });

  it("refuses a model that is not the one of the manifest", async () => {
    const classifier = new Classifier(basic, { primary: model(basic.primary.primary.output, [1, 2]), gate: null });
    await expect(classifier.classify(new Uint8Array(256), null, 1)).rejects.toThrow(WrongOutput);
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
