/** Reads the RGBA pixels of a frame, by the shortest way that this browser offers. */
import type { Pixels } from "../records.js";

export type AnyFrame = VideoFrame | ImageBitmap;

export class FrameReader {
  private buffer = new Uint8ClampedArray(0);
  private canvas: OffscreenCanvas | null = null;
  private converts: Promise<boolean> | null = null;

  /** Width and height of a frame as it is shown. */
  static size(frame: AnyFrame): { readonly width: number; readonly height: number } {
    return isVideoFrame(frame)
      ? { width: frame.displayWidth, height: frame.displayHeight }
      : { width: frame.width, height: frame.height };
  }

  /** The pixels, valid until the next call. The frame stays open. */
  async read(frame: AnyFrame): Promise<Pixels> {
    const { width, height } = FrameReader.size(frame);
    if (isVideoFrame(frame) && isPlain(frame)) {
      this.converts ??= convertsColours();
      if (await this.converts) {
        return this.copy(frame, width, height);
      }
    }
    return this.draw(frame, width, height);
  }

  private async copy(frame: VideoFrame, width: number, height: number): Promise<Pixels> {
    const length = 4 * width * height;
    if (this.buffer.length !== length) {
      this.buffer = new Uint8ClampedArray(length);
    }
    await frame.copyTo(this.buffer, { format: "RGBA", layout: [{ offset: 0, stride: 4 * width }] });
    return { data: this.buffer, width, height };
  }

  private draw(frame: AnyFrame, width: number, height: number): Pixels {
    if (this.canvas?.width !== width || this.canvas.height !== height) {
      this.canvas = new OffscreenCanvas(width, height);
    }
    const context = this.canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    if (context === null) {
      throw new Error("This browser offers no canvas in a worker.");
    }
    context.drawImage(frame, 0, 0, width, height);
    return { data: context.getImageData(0, 0, width, height).data, width, height };
  }
}

function isVideoFrame(frame: AnyFrame): frame is VideoFrame {
  return "displayWidth" in frame;
}

/** Whether the pixels lie in memory as they are shown: not turned, mirrored or stretched on the way to the screen. */
function isPlain(frame: VideoFrame): boolean {
  const turned = frame as VideoFrame & { readonly rotation?: number; readonly flip?: boolean }; // newer than the types
  const visible = frame.visibleRect;
  return (
    (turned.rotation ?? 0) === 0 &&
    !(turned.flip ?? false) &&
    visible?.width === frame.displayWidth &&
    visible.height === frame.displayHeight
  );
}

/** Browsers that do not convert colours ignore the wish for RGBA; a pixel of BGRA tells. */
async function convertsColours(): Promise<boolean> {
  const pixels = new Uint8Array([10, 20, 30, 255, 10, 20, 30, 255, 10, 20, 30, 255, 10, 20, 30, 255]);
  const frame = new VideoFrame(pixels, { format: "BGRA", codedWidth: 2, codedHeight: 2, timestamp: 0 });
  try {
    const copy = new Uint8Array(pixels.length);
    await frame.copyTo(copy, { format: "RGBA" });
    return copy[0] === 30 && copy[1] === 20 && copy[2] === 10;
  } catch (error) {
    if (error instanceof DOMException || error instanceof TypeError) {
      return false; // NotSupportedError, or an older signature: the canvas serves
    }
    throw error;
  } finally {
    frame.close();
  }
}
