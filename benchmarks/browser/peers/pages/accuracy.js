/**
 * What the peers' expression models say about small grey pictures of one face each.
 *
 * Two ways each: `whole`, the picture as it is, which is how such pictures are cut; and `detected`, the picture
 * enlarged amid black and cut by the peer itself, as it does with a photograph; where it sees no face, the whole.
 * `globalThis.answer(pixels, count, side)` gives the 7 probabilities of each picture, in the order of `classes`.
 */
const wanted = new URLSearchParams(location.search);
const backend = "wasm";
const wasmPath = "/modules/@tensorflow/tfjs-backend-wasm/dist/";
const detects = wanted.get("way") === "detected";
const FRAME = 256; // pixels of the picture that a detector looks at
const FACE = 192; // pixels of the enlarged face in it

const canvas = Object.assign(document.createElement("canvas"), { width: FRAME, height: FRAME });
const context = canvas.getContext("2d", { willReadFrequently: true });
const small = document.createElement("canvas");

/** The enlarged picture amid black. */
function enlarged(pixels, side) {
  small.width = small.height = side;
  const image = new ImageData(side, side);
  pixels.forEach((value, at) => image.data.set([value, value, value, 255], 4 * at));
  small.getContext("2d").putImageData(image, 0, 0);
  context.fillRect(0, 0, FRAME, FRAME);
  context.imageSmoothingQuality = "high";
  context.drawImage(small, (FRAME - FACE) / 2, (FRAME - FACE) / 2, FACE, FACE);
  return canvas;
}

async function human() {
  const { Human } = await import("/modules/@vladmandic/human/dist/human.esm.js");
  const off = { enabled: false };
  const app = new Human({
    backend, wasmPath, modelBasePath: "/modules/@vladmandic/human/models/", warmup: "none", cacheSensitivity: 0,
    filter: off, body: off, hand: off, object: off, gesture: off, segmentation: off,
    face: {
      enabled: true, detector: { maxDetected: 1, rotation: true }, mesh: { enabled: true },
      emotion: { enabled: true, minConfidence: 0 }, iris: off, attention: off, description: off, antispoof: off, liveness: off,
    },
  });
  await app.load();
  const { tf } = app;
  const net = app.models.models.emotion;
  const classes = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]; // src/gear/emotion.ts
  // As src/gear/emotion.ts: 64 pixels, bilinear, grey in [-1, 1].
  const whole = async (pixels, side) => {
    const scores = tf.tidy(() => {
      const grey = tf.div(tf.tensor4d(Float32Array.from(pixels), [1, side, side, 1]), 255);
      return net.execute(tf.mul(tf.sub(tf.image.resizeBilinear(grey, [64, 64], false), 0.5), 2));
    });
    const values = Array.from(await scores.data());
    tf.dispose(scores);
    return values;
  };
  const detected = async (pixels, side) => {
    const { face } = await app.detect(enlarged(pixels, side));
    if (face.length === 0 || !face[0].emotion?.length) return whole(pixels, side);
    const scores = Object.fromEntries(face[0].emotion.map(({ emotion, score }) => [emotion, score]));
    return classes.map((name) => scores[name] ?? 0);
  };
  return [classes, detects ? detected : whole];
}

async function faceApi() {
  const faceapi = await import("/modules/@vladmandic/face-api/dist/face-api.esm.js");
  const { tf, nets } = faceapi;
  tf.setWasmPaths(wasmPath);
  await tf.setBackend(backend);
  await tf.ready();
  const models = "/modules/@vladmandic/face-api/model/";
  await Promise.all(
    [nets.tinyFaceDetector, nets.faceLandmark68Net, nets.faceExpressionNet].map((net) => net.loadFromUri(models)),
  );
  const classes = ["neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised"];
  const inOrder = (expressions) => classes.map((name) => expressions[name]);
  const whole = async (pixels, side) => {
    const grey = tf.tensor3d(Float32Array.from(pixels), [side, side, 1]);
    const colour = tf.tile(grey, [1, 1, 3]);
    const expressions = await nets.faceExpressionNet.predictExpressions(colour);
    tf.dispose([grey, colour]);
    return inOrder(expressions);
  };
  const options = new faceapi.TinyFaceDetectorOptions({ inputSize: 224, scoreThreshold: 0.3 });
  const detected = async (pixels, side) => {
    const face = await faceapi.detectSingleFace(enlarged(pixels, side), options).withFaceLandmarks().withFaceExpressions();
    return face === undefined ? whole(pixels, side) : inOrder(face.expressions);
  };
  return [classes, detects ? detected : whole];
}

const [classes, judge] = await (wanted.get("peer") === "human" ? human() : faceApi());
globalThis.classes = classes;
globalThis.answer = async (encoded, count, side) => {
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const answers = [];
  for (let index = 0; index < count; index++) {
    answers.push(await judge(bytes.subarray(index * side * side, (index + 1) * side * side), side));
  }
  return answers;
};
