/** Landmarks: Face Mesh (Kartynnik et al. 2019) on regions of a frame. */
import type { Mesh as MeshSpec } from "../generated/manifest.js";
import { output, type Model } from "../models.js";
import type { Face, Region } from "../records.js";
import { invert, regionMatrix } from "../sampling/matrix.js";
import type { Pyramid } from "../sampling/pyramid.js";
import { warp } from "../sampling/warp.js";
import { sigmoid } from "./detector.js";

export const VALUES = 468 * 3; // x, y and z of each landmark

/**
 * A face in the frame from the raw outputs for one region.
 *
 * @param points x, y and z of each landmark in pixels of the crop
 * @param presence logit: a face is there
 * @param region where the crop was taken
 * @param side of the crop, in pixels
 */
export function faceOf(points: Float32Array, presence: number, region: Region, side: number): Face {
  const [a, b, c, d, e, f] = invert(regionMatrix(region, side));
  const depth = region.side / side;
  const landmarks = new Float32Array(VALUES);
  for (let i = 0; i < VALUES; i += 3) {
    const x = points[i]!;
    const y = points[i + 1]!;
    landmarks[i] = a * x + b * y + c;
    landmarks[i + 1] = d * x + e * y + f;
    landmarks[i + 2] = points[i + 2]! * depth;
  }
  return { landmarks, score: sigmoid(presence) };
}

/** Reads the landmarks of regions. */
export class Mesh {
  private input: Uint32Array;

  constructor(
    private readonly model: Model,
    private readonly spec: MeshSpec,
  ) {
    this.input = new Uint32Array(spec.side * spec.side);
  }

  /** One face for each region, in their order, also where its score says that there is none. */
  async read(frame: Pyramid, regions: readonly Region[]): Promise<Face[]> {
    const step = this.model.batches ? Math.max(1, regions.length) : 1;
    const faces: Face[] = [];
    for (let first = 0; first < regions.length; first += step) {
      faces.push(...(await this.readTogether(frame, regions.slice(first, first + step))));
    }
    return faces;
  }

  private async readTogether(frame: Pyramid, regions: readonly Region[]): Promise<Face[]> {
    const { side } = this.spec;
    const size = side * side;
    if (this.input.length < regions.length * size) {
      this.input = new Uint32Array(regions.length * size);
    }
    regions.forEach((region, index) => {
      warp(frame, regionMatrix(region, side), this.input, side, side, index * size);
    });
    const images = new Uint8Array(this.input.buffer, 0, 4 * regions.length * size);
    const outputs = await this.model.run(images, regions.length);
    const points = output(outputs, this.spec.landmarks);
    const presence = output(outputs, this.spec.presence);
    return regions.map((region, index) =>
      faceOf(points.subarray(VALUES * index, VALUES * (index + 1)), presence[index]!, region, side),
    );
  }
}
