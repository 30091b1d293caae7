/** Crops as one small image for the server. */
import type { Pixels } from "../records.js";
import { encodePng } from "./png.js";

const QUALITY = 0.9;

/**
 * Encodes a stack of crops. JPEG is the quickest to write and to read; where the worker's canvas cannot encode,
 * a PNG leaves instead.
 */
export async function encodeStack(stack: Pixels, withCanvas: boolean): Promise<Blob> {
  if (!withCanvas || typeof OffscreenCanvas === "undefined" || !("convertToBlob" in OffscreenCanvas.prototype)) {
    return encodePng(stack);
  }
  const canvas = new OffscreenCanvas(stack.width, stack.height);
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) {
    return encodePng(stack);
  }
  context.putImageData(new ImageData(new Uint8ClampedArray(stack.data), stack.width, stack.height), 0, 0);
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}
