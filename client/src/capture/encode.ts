/**
 * Encodes pictures as JPEG: every browser writes it, and the server makes its own file from it anyway. Runs in the
 * picture worker, or on the page where a worker cannot encode.
 */
import type { Encoded } from "./records.js";

export interface EncodedPictures {
  readonly masked: Encoded | null;
  readonly plain: Encoded | null;
  readonly thumbnail: Blob;
}

/** The canvases of the place where this runs. */
export interface Canvases {
  /** The picture, scaled to this size, encoded. */
  encode(picture: ImageBitmap, width: number, height: number, quality: number): Promise<Blob>;
}

// Nothing to be seen is lost at the first; the others are for pictures that the server would not take.
const QUALITIES = [0.95, 0.85, 0.7] as const;
export const MOST_BYTES = 15 * 2 ** 20; // of all parts: the server's default is 16 MiB for the whole body
export const THUMBNAIL_SIDE = 192; // px: 64 CSS pixels on the densest screens
const THUMBNAIL_QUALITY = 0.8;

/** Encodes one or both variants, and a thumbnail; at least one bitmap is there. */
export async function encodeAll(
  masked: ImageBitmap | null, plain: ImageBitmap | null, canvases: Canvases, most = MOST_BYTES,
): Promise<EncodedPictures> {
  const first = masked ?? plain;
  if (first === null) throw new Error("there is no picture to encode");
  const scale = Math.min(1, THUMBNAIL_SIDE / Math.max(first.width, first.height));
  const [width, height] = [first.width, first.height].map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
  const thumbnail = await canvases.encode(first, width, height, THUMBNAIL_QUALITY);
  let both: { readonly masked: Blob | null; readonly plain: Blob | null } = { masked: null, plain: null };
  for (const quality of QUALITIES) {
    const whole = (picture: ImageBitmap | null): Promise<Blob | null> =>
      picture === null ? Promise.resolve(null) : canvases.encode(picture, picture.width, picture.height, quality);
    both = { masked: await whole(masked), plain: await whole(plain) };
    if ((both.masked?.size ?? 0) + (both.plain?.size ?? 0) <= most) break;
  }
  return { masked: await bytesOf(both.masked), plain: await bytesOf(both.plain), thumbnail };
}

async function bytesOf(blob: Blob | null): Promise<Encoded | null> {
  return blob === null ? null : { type: blob.type, bytes: await blob.arrayBuffer() };
}
