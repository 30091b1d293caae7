/** Aligned crops of several faces, one below the other. */
import type { Crop } from "../generated/manifest.js";
import type { Face, Pixels } from "../records.js";
import type { Pyramid } from "../sampling/pyramid.js";
import { warp } from "../sampling/warp.js";
import { alignment } from "./alignment.js";

/** Cuts stacks of crops into buffers that it keeps: a stack is valid until the next one of the same side. */
export class Cropper {
  private readonly buffers = new Map<number, Uint32Array>();

  constructor(private readonly crop: Crop) {}

  /** The crops of faces, side x side pixels each, stacked downwards. */
  stack(frame: Pyramid, faces: readonly Face[], side: number): Pixels {
    const length = side * side * faces.length;
    let words = this.buffers.get(side);
    if (words === undefined || words.length < length) {
      words = new Uint32Array(length);
      this.buffers.set(side, words);
    }
    for (let index = 0; index < faces.length; index++) {
      warp(frame, alignment(faces[index]!.landmarks, this.crop, side), words, side, side, index * side * side);
    }
    return { data: new Uint8Array(words.buffer, 0, 4 * length), width: side, height: side * faces.length };
  }
}
