/** The client's detector, views, regions and landmarks are those of `dasa.faces`. */
import { describe, expect, it } from "vitest";
import { iou, overlap } from "../../src/faces/boxes.js";
import { decode, letterbox, place, suppress } from "../../src/faces/detector.js";
import { faceOf } from "../../src/faces/mesh.js";
import { distinct, regionOfDetection, regionOfLandmarks } from "../../src/faces/regions.js";
import { viewMatrix, views } from "../../src/faces/views.js";
import type { Detector, Mesh } from "../../src/generated/manifest.js";
import type { Box, Detection, Face, Region } from "../../src/records.js";
import type { Matrix } from "../../src/sampling/matrix.js";
import { farthest, golden } from "../golden.js";

type Four = readonly [number, number, number, number];
interface Found {
  readonly box: Four;
  readonly score: number;
  readonly keypoints: number[];
}

const boxOf = ([x, y, width, height]: Four): Box => ({ x, y, width, height });
const fourOf = ({ x, y, width, height }: Box): Four => [x, y, width, height];
const regionOf = ({ x, y, side, angle }: Region): Four => [x, y, side, angle];
const flat = ({ box, score, keypoints }: Detection): number[] => [...fourOf(box), score, ...keypoints];
const flatGolden = ({ box, score, keypoints }: Found): number[] => [...box, score, ...keypoints];

describe("detector", () => {
  interface Case {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly spec: Detector;
    readonly quiet: number;
    readonly anchors: number[];
    readonly scores: number[];
    readonly regressors: number[];
    readonly matrix: number[][];
    readonly decoded: Found[];
    readonly found: Found[];
  }
  const { cases } = golden<{ cases: Case[] }>("detector");

  it.each(cases)("$name", (one) => {
    const { spec, anchors } = one;
    const scores = new Float32Array(spec.grid ** 2).fill(one.quiet);
    const regressors = new Float32Array(16 * scores.length);
    anchors.forEach((anchor, index) => {
      scores[anchor] = one.scores[index]!;
      regressors.set(one.regressors.slice(16 * index, 16 * (index + 1)), 16 * anchor);
    });
    const view = letterbox(one.width, one.height, spec.side);
    expect(farthest(view, one.matrix.flat())).toBeLessThan(1e-6);
    const decoded = decode(regressors, scores, spec);
    expect(farthest(decoded.flatMap(flat), one.decoded.flatMap(flatGolden))).toBeLessThan(1e-3);
    const found = suppress(decoded, spec.iou_threshold).map((detection) => place(detection, view));
    expect(farthest(found.flatMap(flat), one.found.flatMap(flatGolden))).toBeLessThan(1e-3);
  });
});

describe("views", () => {
  interface Case {
    readonly width: number;
    readonly height: number;
    readonly tiles: boolean;
    readonly spec: Detector;
    readonly boxes: Four[];
  }
  const { cases } = golden<{ cases: Case[] }>("views");

  it.each(cases)("$width x $height, tiles: $tiles", ({ width, height, tiles, spec, boxes }) => {
    const ours = views(width, height, spec, tiles).flatMap(fourOf);
    expect(farthest(ours, boxes.flat())).toBeLessThan(1e-4);
  });

  it("lie in the middle of the detector's input", () => {
    const view = { x: 100, y: 50, width: 400, height: 200 };
    const [a, , c, , e, f]: Matrix = viewMatrix(view, 192);
    expect([a * 300 + c, e * 150 + f]).toEqual([96, 96]);
  });
});

describe("regions", () => {
  interface Contents {
    readonly spec: Mesh;
    readonly detections: (Found & { readonly region: Four })[];
    readonly landmarks: { readonly points: number[]; readonly region: Four }[];
    readonly overlaps: { readonly a: Four; readonly b: Four; readonly iou: number; readonly overlap: number }[];
    readonly distinct: { readonly boxes: Four[]; readonly kept: number[] };
  }
  const { spec, detections, landmarks, overlaps, distinct: doubles } = golden<Contents>("regions");

  it("of detections", () => {
    for (const { box, score, keypoints, region } of detections) {
      const detection = { box: boxOf(box), score, keypoints: Float32Array.from(keypoints) };
      expect(farthest(regionOf(regionOfDetection(detection, spec)), region)).toBeLessThan(1e-3);
    }
  });

  it("of landmarks", () => {
    for (const { points, region } of landmarks) {
      expect(farthest(regionOf(regionOfLandmarks(Float32Array.from(points), spec)), region)).toBeLessThan(1e-3);
    }
  });

  it("overlap", () => {
    for (const pair of overlaps) {
      expect(iou(boxOf(pair.a), boxOf(pair.b))).toBeCloseTo(pair.iou, 6);
      expect(overlap(boxOf(pair.a), boxOf(pair.b))).toBeCloseTo(pair.overlap, 6);
    }
  });

  it("are of distinct faces", () => {
    const faces: Face[] = doubles.boxes.map(([x, y, width, height]) => ({
      landmarks: Float32Array.of(x, y, 0, x + width, y + height, 0),
      score: 1,
    }));
    expect(distinct(faces, spec).map((face) => faces.indexOf(face))).toEqual(doubles.kept);
  });
});

describe("landmarks", () => {
  interface Contents {
    readonly region: Four;
    readonly landmarks: number[];
    readonly presence: number;
    readonly side: number;
    readonly score: number;
    readonly face: number[];
  }
  const { region, landmarks, presence, side, score, face } = golden<Contents>("mesh");

  it("come back into the frame", () => {
    const [x, y, width, angle] = region;
    const ours = faceOf(Float32Array.from(landmarks), presence, { x, y, side: width, angle }, side);
    expect(farthest(ours.landmarks, face)).toBeLessThan(1e-3);
    expect(ours.score).toBeCloseTo(score, 6);
  });
});
