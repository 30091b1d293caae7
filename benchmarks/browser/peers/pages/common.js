/** What the pages of the peers share: the camera, the loop, what is drawn and what is noted. */

/** One entry a result: when it was on the screen (ms since navigation), and the boxes in pixels of the frame. */
globalThis.bench = { results: [], backend: null, failed: null };

export const wanted = new URLSearchParams(location.search);

/** The camera, as the product asks for it. */
async function camera() {
  const video = document.querySelector("video");
  video.srcObject = await navigator.mediaDevices.getUserMedia({
    video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
  });
  await video.play();
  return video;
}

/**
 * Loads and analyses side by side with opening the camera, then one frame after the other, each only once.
 *
 * @param load resolves to [name of the backend that runs, detect]; detect gives [x, y, width, height, text] of each face
 */
export async function start(load) {
  try {
    const [[backend, detect], video] = await Promise.all([load(), camera()]);
    globalThis.bench.backend = backend;
    const canvas = document.querySelector("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const context = canvas.getContext("2d", { alpha: false });
    let before = -1;
    for (;;) {
      while (video.currentTime === before) await new Promise(requestAnimationFrame);
      before = video.currentTime;
      const faces = await detect(video);
      context.drawImage(video, 0, 0);
      draw(context, faces);
      globalThis.bench.results.push({ t: performance.now(), boxes: faces.map((face) => face.slice(0, 4)) });
      await new Promise(requestAnimationFrame);
    }
  } catch (error) {
    globalThis.bench.failed = String(error);
    throw error;
  }
}

function draw(context, faces) {
  context.lineWidth = 3;
  context.strokeStyle = context.fillStyle = "#FFD60A";
  context.font = "18px sans-serif";
  for (const [x, y, width, height, text] of faces) {
    context.strokeRect(x, y, width, height);
    context.fillText(text, x, y - 6);
  }
}
