/** The page's end of the picture worker; encodes on the page itself where workers cannot. */
import type { Variants } from "../view/painter.js";
import type { WorkerPort } from "../pages/live/analysis.js";
import type { FromPictureWorker, ToPictureWorker } from "../worker/picture-messages.js";
import { encodeAll, type Canvases, type EncodedPictures } from "./encode.js";

interface Waiting {
  readonly resolve: (pictures: EncodedPictures) => void;
  readonly reject: (error: EncodingFailed) => void;
}

/** A picture could not be encoded: no memory, or the worker died. */
export class EncodingFailed extends Error {
  override readonly name = "EncodingFailed";
}

export class Encoder {
  #port: WorkerPort | null = null;
  #last = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** @param createWorker null: encode on the page */
  constructor(private createWorker: (() => WorkerPort) | null) {}

  /** Starts the worker, so that it is there when the server is not. */
  warm(): void {
    if (this.createWorker !== null) this.#port ??= this.#open(this.createWorker);
  }

  /** Pictures that are being encoded. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** Encodes canvases, which are empty afterwards. Throws EncodingFailed. */
  encode(pictures: Variants<OffscreenCanvas | null>): Promise<EncodedPictures> {
    const id = ++this.#last;
    const [masked, plain] = [pictures.masked, pictures.plain].map((canvas) => canvas?.transferToImageBitmap() ?? null) as [ImageBitmap | null, ImageBitmap | null];
    const done = new Promise<EncodedPictures>((resolve, reject) => { this.#waiting.set(id, { resolve, reject }); });
    if (this.createWorker === null) void this.#here(id, masked, plain);
    else this.#send({ id, masked, plain });
    return done.finally(() => this.#waiting.delete(id));
  }

  close(): void {
    this.#port?.terminate();
    this.#port = null;
    this.#failAll("closed");
  }

  #send(message: ToPictureWorker): void {
    this.warm();
    this.#port?.postMessage(message, [message.masked, message.plain].filter((bitmap) => bitmap !== null));
  }

  #open(create: () => WorkerPort): WorkerPort {
    const port = create();
    port.addEventListener("message", (event) => { this.#hear((event as MessageEvent<FromPictureWorker>).data); });
    port.addEventListener("error", (event) => {
      port.terminate();
      this.#port = null;
      this.createWorker = null; // it did not load, or died: from now on the page does it
      this.#failAll(event instanceof ErrorEvent ? event.message : "the worker died");
    });
    return port;
  }

  #hear(message: FromPictureWorker): void {
    const waiting = this.#waiting.get(message.id);
    switch (message.kind) {
      case "encoded":
        waiting?.resolve(message.pictures);
        return;
      case "failed":
        waiting?.reject(new EncodingFailed(message.detail));
        return;
      default:
        message satisfies never;
    }
  }

  async #here(id: number, masked: ImageBitmap | null, plain: ImageBitmap | null): Promise<void> {
    try {
      const pictures = await encodeAll(masked, plain, pageCanvases);
      this.#waiting.get(id)?.resolve(pictures);
    } catch (error) {
      this.#waiting.get(id)?.reject(new EncodingFailed("the page could not encode it", { cause: error }));
    } finally {
      masked?.close();
      plain?.close();
    }
  }

  #failAll(detail: string): void {
    for (const { reject } of this.#waiting.values()) reject(new EncodingFailed(detail));
  }
}

/** Whether a worker of this browser can encode. */
export function workersEncode(): boolean {
  return typeof OffscreenCanvas === "function" && "convertToBlob" in OffscreenCanvas.prototype;
}

const pageCanvases: Canvases = {
  encode(picture, width, height, quality) {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("no 2D canvas");
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, width, height);
    return new Promise((resolve, reject) => {
      canvas.toBlob((blob) => { if (blob === null) reject(new Error("empty")); else resolve(blob); }, "image/jpeg", quality);
    });
  },
};
