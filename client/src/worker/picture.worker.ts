/** Encodes screenshots beside the page, one after the other. */
import { encodeAll, type Canvases } from "../capture/encode.js";
import type { FromPictureWorker, ToPictureWorker } from "./picture-messages.js";

const canvases: Canvases = {
  async encode(picture, width, height, quality) {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("no 2D canvas");
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, width, height);
    return canvas.convertToBlob({ type: "image/jpeg", quality });
  },
};

let last: Promise<void> = Promise.resolve();

async function encode({ id, masked, plain }: ToPictureWorker): Promise<void> {
  try {
    const pictures = await encodeAll(masked, plain, canvases);
    const buffers = [pictures.masked, pictures.plain].flatMap((picture) => picture?.bytes ?? []);
    send({ kind: "encoded", id, pictures }, buffers);
  } catch (error) {
    send({ kind: "failed", id, detail: error instanceof Error ? error.message : String(error) });
  } finally {
    masked?.close();
    plain?.close();
  }
}

function send(message: FromPictureWorker, transfer: Transferable[] = []): void {
  postMessage(message, { transfer });
}

addEventListener("message", ({ data }: MessageEvent<ToPictureWorker>) => {
  last = last.then(() => encode(data));
});
