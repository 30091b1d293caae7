/** New faces come soon, in the stream's time, whatever one look of the detector costs. */
import { beforeAll, describe, expect, it } from "vitest";
import { boxOf } from "../../src/faces/boxes.js";
import { FaceFinder } from "../../src/faces/finder.js";
import { FaceFollower } from "../../src/faces/follower.js";
import type { Pixels } from "../../src/records.js";
import { Pyramid } from "../../src/sampling/pyramid.js";
import type { Models } from "../../src/worker/pipeline.js";
import { Stopwatch } from "../../src/worker/stopwatch.js";
import { golden, goldenPicture } from "../golden.js";
import { manifest, modelsMissing, nodeModels } from "../node-models.js";

const scene = goldenPicture("scene");
const boxes = golden<{ faces: { landmarks: number[] }[] }>("recorded").faces.map(({ landmarks }) =>
  boxOf({ landmarks: Float32Array.from(landmarks), score: 1 }),
);

/** The scene with a wall before one of its people. */
function without(person: number): Pixels {
  const { x, y, width, height } = boxes[person]!;
  const data = new Uint8ClampedArray(scene.data);
  for (let row = Math.max(0, Math.floor(y - 0.5 * height)); row < Math.min(scene.height, y + 1.4 * height); row++) {
    for (let column = Math.max(0, Math.floor(x - 0.4 * width)); column < Math.min(scene.width, x + 1.4 * width); column++) {
      data.fill(150, 4 * (row * scene.width + column), 4 * (row * scene.width + column) + 3);
    }
  }
  return { data, width: scene.width, height: scene.height };
}

describe.skipIf(modelsMissing)("a new face (make setup builds the face models)", () => {
  let models: Models;
  beforeAll(async () => {
    models = await nodeModels();
  }, 120_000);

  /** Frames and seconds of the stream until somebody who comes in after `before` frames is found. */
  async function wait(person: number, lookMs: number, frameMs: number, before: number): Promise<{ frames: number; seconds: number }> {
    const clock = { now: 0 };
    const detector: Models["detector"] = {
      ...models.detector,
      run: (images, count) => {
        clock.now += lookMs;
        return models.detector.run(images, count);
      },
    };
    const finder = new FaceFinder(manifest, { detector, mesh: models.mesh }, { maxFaces: 10, tiles: false }, new Stopwatch(() => clock.now));
    const follower = new FaceFollower(finder);
    const frame = new Pyramid();
    const empty = without(person);
    let found = 0;
    for (let i = 0; i < before; i++) {
      frame.load(empty);
      found = (await follower.step(frame, (i * frameMs) / 1000)).faces.length;
    }
    expect(found).toBe(boxes.length - 1);
    for (let frames = 1; frames <= 60; frames++) {
      frame.load(scene);
      if ((await follower.step(frame, ((before + frames - 1) * frameMs) / 1000)).faces.length === boxes.length) {
        return { frames, seconds: ((frames - 1) * frameMs) / 1000 };
      }
    }
    throw new Error("not found in sixty frames");
  }

  const largest = 0;
  const smallest = boxes.length - 1;

  it.each([
    [15, 66, 8],
    [43, 200, 9],
    [100, 400, 9],
    [150, 450, 11],
  ])("of any size comes within half a second where a look costs %i ms and a frame %i (after %i frames)", async (lookMs, frameMs, before) => {
    for (const person of [largest, smallest]) {
      expect((await wait(person, lookMs, frameMs, before)).seconds).toBeLessThan(0.5);
    }
  }, 240_000);

  it("that is not small comes within two frames on a machine that makes two a second", async () => {
    expect((await wait(largest, 150, 450, 20)).frames).toBeLessThanOrEqual(2);
  }, 120_000);
});
