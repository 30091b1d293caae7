/** The client's sampler is that of `dasa.sampling`. */
import { describe, expect, it } from "vitest";
import { halvings, invert, regionMatrix, type Matrix } from "../../src/sampling/matrix.js";
import { Pyramid } from "../../src/sampling/pyramid.js";
import { warp } from "../../src/sampling/warp.js";
import { farthest, golden, goldenPicture } from "../golden.js";

interface Case {
  readonly name: string;
  readonly matrix: [[number, number, number], [number, number, number]];
  readonly width: number;
  readonly height: number;
  readonly halvings: number;
}

const { cases } = golden<{ cases: Case[] }>("warp");
const source = new Pyramid();
source.load(goldenPicture("warp-source"));

/** Red, green and blue of pixels. */
function colours(bytes: ArrayLike<number>): number[] {
  return Array.from(bytes).filter((_, index) => index % 4 !== 3);
}

describe("warp", () => {
  it.each(cases)("$name", ({ name, matrix, width, height, halvings: expected }) => {
    const flat = matrix.flat() as unknown as Matrix;
    expect(halvings(flat)).toBe(expected);
    const crop = new Uint32Array(width * height);
    warp(source, flat, crop, width, height);
    const ours = colours(new Uint8Array(crop.buffer));
    const theirs = colours(goldenPicture(`warp-${name}`).data);
    expect(ours).toHaveLength(theirs.length);
    const sum = ours.reduce((total, value, index) => total + Math.abs(value - theirs[index]!), 0);
    expect(sum / ours.length).toBeLessThanOrEqual(1);
  });
});

describe("halve", () => {
  it.each([["halve-once", 1], ["halve-twice", 2]] as const)("%s", (name, count) => {
    const { words, width, height } = source.level(count);
    const expected = goldenPicture(name);
    expect([width, height]).toEqual([expected.width, expected.height]);
    const bytes = new Uint8Array(words.buffer, words.byteOffset, 4 * width * height);
    expect(farthest(colours(bytes), colours(expected.data))).toBe(0);
  });
});

describe("matrices", () => {
  it("of regions are those of Python", () => {
    const mesh = golden<{ region: [number, number, number, number]; side: number; matrix: number[][] }>("mesh");
    const [x, y, side, angle] = mesh.region;
    expect(farthest(regionMatrix({ x, y, side, angle }, mesh.side), mesh.matrix.flat())).toBeLessThan(1e-5);
  });

  it("invert to the way back", () => {
    const matrix = regionMatrix({ x: 40, y: 30, side: 25, angle: 0.7 }, 64);
    expect(farthest(invert(invert(matrix)), matrix)).toBeLessThan(1e-9);
  });
});
