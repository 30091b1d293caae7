/** What travels in the capture room: a picture that was taken, and how it fares. */
import type { Metadata } from "../generated/api.js";

/** An encoded picture; plain bytes, because browsers differ in how well they keep blobs. */
export interface Encoded {
  readonly type: string;
  readonly bytes: ArrayBuffer;
}

/** A screenshot that was taken and is not known to be on the server. Never changes: a repeat sends the same bytes. */
export interface Picture {
  readonly key: string; // Idempotency-Key
  readonly taken: number; // ms since 1970
  readonly owner: string | null; // who was signed in; null: nobody, or not known
  readonly metadata: Metadata;
  readonly masked: Encoded | null;
  readonly plain: Encoded | null;
}

/** Why a picture is not on the server; all but `refused` can pass. */
export type Trouble =
  | { readonly kind: "offline" | "unreachable" | "busy" | "store" | "signIn" | "quota" | "full" }
  | { readonly kind: "refused"; readonly detail: string };

export type Status =
  | { readonly kind: "queued" }
  | { readonly kind: "sending"; readonly share: number } // [0, 1]
  | { readonly kind: "waiting"; readonly trouble: Trouble }
  | { readonly kind: "saved"; readonly id: string }
  | { readonly kind: "gone" }; // was saved once and deleted since, or another tab took care of it

/** A picture of the queue as others see it. */
export interface Entry {
  readonly picture: Picture;
  readonly status: Status;
  /** Whether it outlives the page; if not, it should be downloaded. */
  readonly kept: Keeping;
  /** It could not be sent at once, and is not on the server yet. */
  readonly waited: boolean;
  /** The server may have it although its answer was lost. */
  readonly uncertain: boolean;
  /** Taken by another account, or by nobody who was signed in: it goes only where somebody says so. */
  readonly foreign: boolean;
}

/** pending: being written to the device; full: no room; blocked: the browser keeps nothing. */
export type Keeping = "pending" | "yes" | "full" | "blocked";

/** Bytes that a picture takes on the device. */
export function sizeOf({ masked, plain }: Picture): number {
  return (masked?.bytes.byteLength ?? 0) + (plain?.bytes.byteLength ?? 0);
}

/** Whether all of it has left, so that the server may have acted on it. */
export function isSent({ status }: Entry): boolean {
  return status.kind === "sending" && status.share >= 1;
}

export function blobOf(encoded: Encoded | null): Blob | null {
  return encoded === null ? null : new Blob([encoded.bytes], { type: encoded.type });
}
