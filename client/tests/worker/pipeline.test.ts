/** The whole walk of a frame with the real models, in the WebAssembly that browsers run. */
import { beforeAll, describe, expect, it } from "vitest";
import { boxOf } from "../../src/faces/boxes.js";
import { FaceFinder } from "../../src/faces/finder.js";
import type { Analysis } from "../../src/generated/api.js";
import { Pyramid } from "../../src/sampling/pyramid.js";
import type { AnalysisOptions } from "../../src/worker/messages.js";
import { Pipeline, type Models, type Surroundings } from "../../src/worker/pipeline.js";
import type { ServerReport } from "../../src/worker/server-link.js";
import { Stopwatch } from "../../src/worker/stopwatch.js";
import { golden, goldenPicture } from "../golden.js";
import { manifest, modelsMissing, nodeModels } from "../node-models.js";

const options: AnalysisOptions = { mode: "device", maxFaces: 10, smoothing: 1, tiles: false, backend: "wasm", token: null };
const scene = goldenPicture("scene");
const recorded = golden<{ faces: { score: number; landmarks: number[] }[] }>("recorded").faces;

/** A pipeline with a clock that the test turns and a server that the test plays. */
function setUp(models: Models, wanted: Partial<AnalysisOptions> = {}, ask?: Surroundings["ask"], clock = { now: 0 }) {
  const reports: ServerReport[] = [];
  const sent: number[] = [];
  const pipeline = new Pipeline(manifest, models, { ...options, ...wanted }, {
    now: () => clock.now,
    spread: () => 0,
    encode: ({ width, height }) => {
      sent.push(height / width);
      return Promise.resolve(new Blob());
    },
    ask: ask ?? (() => Promise.reject(new Error("no server in this test"))),
    report: (report) => reports.push(report),
    broken: (error) => {
      throw error;
    },
  });
  return { pipeline, clock, reports, sent };
}

/** An answer in which everybody is afraid. */
function fear(count: number): Analysis {
  const probabilities = Object.fromEntries(manifest.taxonomy.primaries.map(({ id }) => [id, id === "fear" ? 0.94 : 0.01]));
  const terms = manifest.taxonomy.terms.map(({ id }) => (id === "horror" ? 0.866 : 0.001));
  const face = {
    primary: { id: "fear", confidence: 0.94, unsure: false, probabilities },
    specific: { id: "horror", confidence: 0.866, top: [], probabilities: terms },
    neutral_gate: null,
    valence: -0.6,
    arousal: 0.6,
    derived_affect: false,
  };
  const bundle = `${manifest.name}@${manifest.version}`;
  return { bundle, width: 1, height: 1, timing_ms: {}, faces: Array.from({ length: count }, () => face) };
}

describe.skipIf(modelsMissing)("pipeline (make setup builds the face models)", () => {
  let models: Models;
  beforeAll(async () => {
    models = await nodeModels();
  }, 120_000);

  it("finds the faces that Python finds, landmark by landmark", async () => {
    const frame = new Pyramid();
    frame.load(scene);
    const finder = new FaceFinder(manifest, models, options, new Stopwatch(() => 0));
    const detections = await finder.detect(frame, finder.views(scene.width, scene.height));
    const { faces } = await finder.admit(frame, detections, [], 10);
    expect(faces).toHaveLength(recorded.length);
    faces.forEach((face, index) => {
      const theirs = recorded[index]!.landmarks;
      const off = Array.from({ length: 468 }, (_, point) =>
        Math.hypot(face.landmarks[3 * point]! - theirs[3 * point]!, face.landmarks[3 * point + 1]! - theirs[3 * point + 1]!),
      );
      expect(Math.max(...off) / boxOf(face).width).toBeLessThan(0.01);
    });
  }, 120_000);

  it("reads a photograph at once, without smoothing", async () => {
    const { pipeline } = setUp(models);
    const { people, hints } = await pipeline.still(scene);
    expect(people).toHaveLength(recorded.length);
    expect(people.every(({ source, outline }) => source === "device" && outline.length === 2 * manifest.mesh.outline.length)).toBe(true);
    expect(hints).toMatchObject({ dark: false, beyondLimit: 0 });
    const again = (await pipeline.still(scene)).people;
    expect(again.map(({ shown, box }) => [shown, box])).toEqual(people.map(({ shown, box }) => [shown, box]));
    expect(again.map(({ id }) => id)).toEqual(people.map(({ id }) => id + recorded.length));
  }, 120_000);

  it("follows a stream: ids stay, everybody has a label in every frame, the rest is counted", async () => {
    const { pipeline } = setUp(models, { maxFaces: 3 });
    const ids: number[][] = [];
    for (let frame = 0; frame < 5; frame++) {
      const { people, hints, timing } = await pipeline.frame(scene, frame / 10);
      ids.push(people.map(({ id }) => id));
      expect(timing.landmarks).not.toBeNull();
      if (frame > 0) {
        expect(hints.beyondLimit).toBeGreaterThan(0);
      }
    }
    expect(ids).toEqual(Array.from({ length: 5 }, () => [1, 2, 3]));
    pipeline.retune({ ...options, maxFaces: 1, smoothing: 2 });
    const { people } = await pipeline.frame(scene, 0.6);
    expect(people.map(({ id }) => id)).toEqual([1]);
    pipeline.reset();
    expect((await pipeline.frame(scene, 0)).people.map(({ id }) => id)).toEqual([4]);
  }, 120_000);

  it("loses nobody while a frame takes long", async () => {
    const clock = { now: 0 };
    const busy: Models = {
      ...models,
      primary: {
        side: models.primary.side,
        batches: false,
        release: () => Promise.resolve(),
        run: (images, count) => {
          clock.now += 3000;
          return models.primary.run(images, count);
        },
      },
    };
    const { pipeline } = setUp(busy, { maxFaces: 2 }, undefined, clock);
    const ids: number[][] = [];
    for (let frame = 0; frame < 3; frame++) {
      ids.push((await pipeline.frame(scene, clock.now / 1000)).people.map(({ id }) => id));
    }
    expect(ids).toEqual([[1, 2], [1, 2], [1, 2]]);
  }, 120_000);

  it("takes the server's word, and goes on alone when it fails", async () => {
    let alive = true;
    const { pipeline, clock, reports, sent } = setUp(models, { mode: "server", maxFaces: 2, smoothing: 0 }, () =>
      alive ? Promise.resolve(fear(2)) : Promise.reject(new DOMException("late", "TimeoutError")),
    );
    const step = async (ms: number) => {
      clock.now += ms;
      return (await pipeline.frame(scene, clock.now / 1000)).people;
    };
    expect((await step(0)).map(({ source }) => source)).toEqual(["device", "device"]); // the first result comes at once
    for (let frame = 0; frame < 3; frame++) {
      await step(150);
    }
    const served = await step(150);
    expect(served.map(({ source, shown, specific }) => [source, shown, specific?.id])).toEqual([
      ["server", "fear", "horror"],
      ["server", "fear", "horror"],
    ]);
    expect(sent.every((faces) => faces === 2)).toBe(true);
    alive = false;
    expect((await step(150))[0]?.source).toBe("server"); // an answer is good for a second
    await step(600);
    expect((await step(600))[0]?.source).toBe("device");
    expect(reports.map(({ state, trouble }) => trouble ?? state)).toContain("slow");
    alive = true;
    await step(5000);
    expect((await step(200))[0]?.source).toBe("server");
    expect(reports.at(-1)?.state).toBe("answering");
  }, 120_000);
});
