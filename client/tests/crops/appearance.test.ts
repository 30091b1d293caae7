/** The client sees the same appearance as `dasa.crops`. */
import { expect, it } from "vitest";
import { appearance } from "../../src/crops/appearance.js";
import type { Crop } from "../../src/generated/manifest.js";
import { Pyramid } from "../../src/sampling/pyramid.js";
import { farthest, golden, goldenPicture } from "../golden.js";

const { crop, cases } = golden<{ crop: Crop; cases: { landmarks: number[]; appearance: number[] }[] }>("appearance");
const frame = new Pyramid();
frame.load(goldenPicture("scene"));

it.each(cases.map((each, index) => ({ index, ...each })))("face $index", (each) => {
  expect(farthest(appearance(frame, Float32Array.from(each.landmarks), crop), each.appearance)).toBeLessThan(0.02);
});
