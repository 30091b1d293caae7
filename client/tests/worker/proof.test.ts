import { describe, expect, it } from "vitest";
import type { Model } from "../../src/models.js";
import type { Models } from "../../src/worker/pipeline.js";
import { alike, prove } from "../../src/worker/proof.js";
import { manifest } from "../node-models.js";

const { detector, mesh, primary } = manifest;

/** Models that take a while on the test's clock and see a face, or nothing. */
function play(clock: { now: number }, ms: number, logit: number, landmark = 90): Models {
  const model = (outputs: Record<string, number[]>): Model => ({
    side: 8,
    batches: false,
    run: () => {
      clock.now += ms;
      return Promise.resolve(Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, Float32Array.from(values)])));
    },
    release: () => Promise.resolve(),
  });
  const anchors = detector.grid ** 2;
  return {
    detector: model({
      [detector.scores]: Array.from({ length: anchors }, (_, i) => (i === 9 ? logit : -9)),
      [detector.regressors]: Array.from({ length: 16 * anchors }, () => 20),
    }),
    mesh: model({ [mesh.landmarks]: Array.from({ length: 1404 }, () => landmark), [mesh.presence]: [7] }),
    primary: model({ [primary.primary.output]: primary.primary.classes.map((_, i) => i) }),
    gate: null,
  };
}

describe("proof of a backend", () => {
  it.each([
    ["better", 2, 4, 90.5],
    ["slower", 8, 4, 90],
    ["slower", 1000, 4, 90],
    ["wrong", 2, -9, 90], // finds nothing
    ["wrong", 2, 4, 80], // landmarks elsewhere
    ["wrong", 2, Number.NaN, 90],
  ] as const)("says %s", async (verdict, ms, logit, landmark) => {
    const clock = { now: 0 };
    const face = (side: number): Uint8Array => new Uint8Array(4 * side * side);
    const said = await prove(manifest, play(clock, 5, 4), play(clock, ms, logit, landmark), face, () => clock.now);
    expect(said).toBe(verdict);
  });

  it("needs every output", () => {
    expect(alike({ a: Float32Array.of(1) }, {})).toBe(false);
    expect(alike({ a: Float32Array.of(1) }, { a: Float32Array.of(1, 2) })).toBe(false);
    expect(alike({ a: Float32Array.of(100) }, { a: Float32Array.of(101) })).toBe(true);
  });
});
