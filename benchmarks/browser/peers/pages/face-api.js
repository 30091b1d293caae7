/**
 * face-api with expressions. `detector=ssd`: as its webcam demo does, SSD MobileNet and 68 landmarks, which align the
 * face. `detector=tiny`: the fastest that it offers, its tiny detector and no landmarks.
 */
import * as faceapi from "/modules/@vladmandic/face-api/dist/face-api.esm.js";
import { start, wanted } from "./common.js";

const models = "/modules/@vladmandic/face-api/model/";
const backend = wanted.get("backend") ?? "wasm";
const tiny = wanted.get("detector") === "tiny";

await start(async () => {
  const { tf, nets } = faceapi;
  tf.setWasmPaths("/modules/@tensorflow/tfjs-backend-wasm/dist/");
  await tf.setBackend(backend);
  await tf.ready();
  const flags = tf.env();
  if (flags.flagRegistry.CANVAS2D_WILL_READ_FREQUENTLY) flags.set("CANVAS2D_WILL_READ_FREQUENTLY", true);
  if (backend === "webgl" && flags.flagRegistry.WEBGL_EXP_CONV) flags.set("WEBGL_EXP_CONV", true);
  const needed = tiny ? [nets.tinyFaceDetector] : [nets.ssdMobilenetv1, nets.faceLandmark68Net];
  await Promise.all([...needed, nets.faceExpressionNet].map((net) => net.loadFromUri(models)));
  const options = tiny
    ? new faceapi.TinyFaceDetectorOptions({ inputSize: 416, scoreThreshold: 0.5 }) // its defaults
    : new faceapi.SsdMobilenetv1Options({ minConfidence: 0.2, maxResults: 10 }); // the demo's, for ten people
  const detect = async (video) => {
    const found = faceapi.detectAllFaces(video, options);
    const faces = await (tiny ? found : found.withFaceLandmarks()).withFaceExpressions();
    return faces.map(({ detection: { box }, expressions }) => [
      box.x, box.y, box.width, box.height, expressions.asSortedArray()[0].expression,
    ]);
  };
  return [tf.getBackend(), detect];
});
