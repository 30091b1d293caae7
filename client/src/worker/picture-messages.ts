/** The messages between page and picture worker. */
import type { EncodedPictures } from "../capture/encode.js";

/** Pictures to encode; the bitmaps are transferred. null: that variant is not wanted. */
export interface ToPictureWorker {
  readonly id: number;
  readonly masked: ImageBitmap | null;
  readonly plain: ImageBitmap | null;
}

export type FromPictureWorker =
  | { readonly kind: "encoded"; readonly id: number; readonly pictures: EncodedPictures }
  | { readonly kind: "failed"; readonly id: number; readonly detail: string };
