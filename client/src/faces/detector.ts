/** The face detector: BlazeFace, full range (Bazarevsky et al. 2019), one letterboxed view at a time. */
import type { Detector as DetectorSpec } from "../generated/manifest.js";
import { output, type Model } from "../models.js";
import type { Box, Detection } from "../records.js";
import { invert, type Matrix } from "../sampling/matrix.js";
import type { Pyramid } from "../sampling/pyramid.js";
import { warp } from "../sampling/warp.js";
import { iou } from "./boxes.js";

const REGRESSORS = 16; // of one anchor: centre, size, six key points

/** The matrix that fits a picture, centred, into a square of `side` pixels. */
export function letterbox(width: number, height: number, side: number): Matrix {
  const scale = side / Math.max(width, height);
  return [scale, 0, (side - scale * width) / 2, 0, scale, (side - scale * height) / 2];
}

/**
 * Detections from the raw outputs of one view, best first, before suppression, in pixels of the input. Of equal
 * scores the first anchor comes first.
 *
 * @param regressors 16 for each anchor, pixels of the input; centre and key points count from the anchor
 * @param scores logits, one for each anchor of the grid, row by row
 */
export function decode(regressors: Float32Array, scores: Float32Array, spec: DetectorSpec): Detection[] {
  const found: Detection[] = [];
  for (let anchor = 0; anchor < scores.length; anchor++) {
    const score = sigmoid(scores[anchor]!);
    if (score >= spec.score_threshold) {
      found.push(detection(regressors.subarray(REGRESSORS * anchor, REGRESSORS * (anchor + 1)), score, anchor, spec));
    }
  }
  return found.sort((a, b) => b.score - a.score);
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-Math.min(80, Math.max(-80, logit))));
}

function detection(row: Float32Array, score: number, anchor: number, spec: DetectorSpec): Detection {
  const step = spec.side / spec.grid;
  const x = ((anchor % spec.grid) + 0.5) * step;
  const y = (Math.floor(anchor / spec.grid) + 0.5) * step;
  const width = row[2]!;
  const height = row[3]!;
  const box = { x: row[0]! + x - width / 2, y: row[1]! + y - height / 2, width, height };
  return { box, score, keypoints: row.slice(4).map((value, index) => value + (index % 2 === 0 ? x : y)) };
}

/**
 * Weighted non-maximum suppression, as MediaPipe does it. The best detection gathers all that overlap it by more
 * than `threshold`; what remains is their mean, weighted by score, with the best one's score. Then the next best of
 * the rest, and so on.
 *
 * @param detections best first
 * @returns one detection for each cluster, best first
 */
export function suppress(detections: readonly Detection[], threshold: number): Detection[] {
  const result: Detection[] = [];
  let rest = detections;
  for (let best = rest[0]; best !== undefined; best = rest[0]) {
    const { box } = best;
    const others = rest.slice(1);
    result.push(mean([best, ...others.filter((other) => iou(box, other.box) > threshold)]));
    rest = others.filter((other) => iou(box, other.box) <= threshold);
  }
  return result;
}

function mean(cluster: readonly Detection[]): Detection {
  const total = cluster.reduce((sum, { score }) => sum + score, 0);
  const weighted = (value: (detection: Detection) => number): number =>
    cluster.reduce((sum, one) => sum + value(one) * one.score, 0) / total;
  return {
    box: {
      x: weighted(({ box }) => box.x),
      y: weighted(({ box }) => box.y),
      width: weighted(({ box }) => box.width),
      height: weighted(({ box }) => box.height),
    },
    score: cluster[0]!.score,
    keypoints: cluster[0]!.keypoints.map((_, index) => weighted(({ keypoints }) => keypoints[index]!)),
  };
}

/**
 * A detection of a view in pixels of the frame. The box keeps its centre and its size; it stays upright also where
 * the view is turned, and only the key points tell the face's angle.
 *
 * @param view frame -> view, a similarity
 */
export function place(detection: Detection, view: Matrix): Detection {
  const [a, b, c, d, e, f] = invert(view);
  const scale = Math.hypot(a, d);
  const { x, y, width, height } = detection.box;
  const centreX = x + width / 2;
  const centreY = y + height / 2;
  const box: Box = {
    x: a * centreX + b * centreY + c - (width * scale) / 2,
    y: d * centreX + e * centreY + f - (height * scale) / 2,
    width: width * scale,
    height: height * scale,
  };
  const keypoints = new Float32Array(detection.keypoints.length);
  for (let i = 0; i < keypoints.length; i += 2) {
    const pointX = detection.keypoints[i]!;
    const pointY = detection.keypoints[i + 1]!;
    keypoints[i] = a * pointX + b * pointY + c;
    keypoints[i + 1] = d * pointX + e * pointY + f;
  }
  return { box, score: detection.score, keypoints };
}

/** Finds faces in views of a frame. */
export class Detector {
  private readonly input: Uint32Array;

  constructor(
    private readonly model: Model,
    private readonly spec: DetectorSpec,
  ) {
    this.input = new Uint32Array(spec.side * spec.side);
  }

  /**
   * The faces of one view, best first, in pixels of the frame.
   *
   * @param view frame -> the detector's input, such as `letterbox`
   */
  async find(frame: Pyramid, view: Matrix): Promise<Detection[]> {
    const { side, regressors, scores, iou_threshold } = this.spec;
    warp(frame, view, this.input, side, side);
    const outputs = await this.model.run(new Uint8Array(this.input.buffer), 1);
    const found = decode(output(outputs, regressors), output(outputs, scores), this.spec);
    return suppress(found, iou_threshold).map((detection) => place(detection, view));
  }
}
