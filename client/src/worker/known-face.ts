/** The face on which a backend proves itself (NASA portrait of Eileen Collins, public domain). */
import address from "./known-face.jpg?url";
import type { KnownFace } from "./proof.js";

/** Fetches the face; it is then drawn at any side. */
export async function fetchKnownFace(signal: AbortSignal): Promise<KnownFace> {
  const response = await fetch(address, { signal });
  const picture = await createImageBitmap(await response.blob());
  return (side) => {
    const context = new OffscreenCanvas(side, side).getContext("2d", { alpha: false, willReadFrequently: true });
    if (context === null) {
      throw new Error("This browser offers no canvas in a worker.");
    }
    context.drawImage(picture, 0, 0, side, side);
    return new Uint8Array(context.getImageData(0, 0, side, side).data.buffer);
  };
}
