/** Human: mesh and emotion alone, the other modules off, as its documentation advises for speed. */
import { Human } from "/modules/@vladmandic/human/dist/human.esm.js";
import { start, wanted } from "./common.js";

const backend = wanted.get("backend") ?? "wasm";
const onGpu = backend === "webgl" || backend === "humangl" || backend === "webgpu";

export const config = {
  backend,
  wasmPath: "/modules/@tensorflow/tfjs-backend-wasm/dist/",
  modelBasePath: "/modules/@vladmandic/human/models/",
  warmup: onGpu ? "face" : "none", // only graphics cards gain by it
  filter: { enabled: false }, // no correction of the picture: costs time, and nobody else does it
  face: {
    enabled: true,
    detector: { maxDetected: 10, rotation: false },
    mesh: { enabled: true },
    emotion: { enabled: true },
    iris: { enabled: false },
    attention: { enabled: false },
    description: { enabled: false },
    antispoof: { enabled: false },
    liveness: { enabled: false },
  },
  body: { enabled: false },
  hand: { enabled: false },
  object: { enabled: false },
  gesture: { enabled: false },
  segmentation: { enabled: false },
};

await start(async () => {
  const human = new Human(config);
  await human.load();
  if (onGpu) await human.warmup();
  const detect = async (video) => {
    const { face } = await human.detect(video);
    return face.map(({ box, emotion }) => [...box, emotion?.[0]?.emotion ?? ""]);
  };
  return [human.tf.getBackend(), detect];
});
