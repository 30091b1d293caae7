/** The messages between the analysing worker and one that takes a share of the faces. */
import type { Outputs } from "../models.js";

/** A model that helpers run too. */
export interface HelperModel {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly side: number;
}

export type ToHelper =
  | { readonly kind: "open"; readonly models: readonly HelperModel[] }
  /** The images are transferred. */
  | { readonly kind: "run"; readonly model: string; readonly images: Uint8Array<ArrayBuffer>; readonly count: number };

export type FromHelper =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly outputs: Outputs; readonly ms: number }
  | { readonly kind: "failed" };
