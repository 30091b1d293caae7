/** The client's alignment is that of `dasa.crops`. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignment } from "../../src/crops/alignment.js";
import type { Crop } from "../../src/generated/manifest.js";
import { farthest, golden } from "../golden.js";

interface Case {
  readonly crop: Crop;
  readonly side: number;
  readonly landmarks: number[];
  readonly matrix: number[][];
}

const { cases } = golden<{ cases: Case[] }>("alignment");

describe("alignment", () => {
  it.each(cases)("to $side pixels", ({ crop, side, landmarks, matrix }) => {
    expect(farthest(alignment(Float32Array.from(landmarks), crop, side), matrix.flat())).toBeLessThan(1e-5);
  });

  it("finds the similarity that made the points, whatever it was", () => {
    const { crop } = cases[0]!;
    const number = (min: number, max: number) => fc.integer({ min: min * 100, max: max * 100 }).map((value) => value / 100);
    fc.assert(
      fc.property(number(0.1, 20), number(-3, 3), number(-500, 2000), number(-500, 2000), (scale, angle, x, y) => {
        const landmarks = new Float32Array(1404);
        crop.points.forEach((point, index) => {
          const [u, v] = crop.template[index]!;
          landmarks[3 * point] = 100 * scale * (Math.cos(angle) * u - Math.sin(angle) * v) + x;
          landmarks[3 * point + 1] = 100 * scale * (Math.sin(angle) * u + Math.cos(angle) * v) + y;
        });
        const [a, b, c, d, e, f] = alignment(landmarks, crop, 100);
        crop.points.forEach((point, index) => {
          const [u, v] = crop.template[index]!;
          const [px, py] = [landmarks[3 * point]!, landmarks[3 * point + 1]!];
          expect(a * px + b * py + c).toBeCloseTo(100 * u, 1);
          expect(d * px + e * py + f).toBeCloseTo(100 * v, 1);
        });
      }),
      { seed: 7 },
    );
  });

  it("refuses landmarks that coincide or are not finite", () => {
    const { crop } = cases[0]!;
    expect(() => alignment(new Float32Array(1404), crop, 64)).toThrow(RangeError);
    expect(() => alignment(new Float32Array(1404).fill(Number.NaN), crop, 64)).toThrow(RangeError);
  });
});
