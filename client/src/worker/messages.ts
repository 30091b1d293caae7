/** The messages between page and worker: tagged unions, handled exhaustively on both sides. */
import type { Manifest } from "../generated/manifest.js";
import type { Mode, Person } from "../records.js";

/** What the user can set and the worker needs. */
export interface AnalysisOptions {
  readonly mode: Mode;
  readonly maxFaces: number; // 1 to 10
  readonly smoothing: number; // 0 (raw) to 2 (calm), 1 = the manifest's constants
  readonly tiles: boolean; // look for small faces on overlapping tiles too
  readonly backend: "wasm" | "webgpu"; // webgpu is used only where it proves right and faster
  readonly token: string | null; // for servers that ask for one
}

/** Why server mode is not answering; the device carries on meanwhile. */
export type ServerTrouble = "offline" | "slow" | "busy" | "refused" | "failed";

/** Milliseconds per stage of one frame; null: the stage did not run for this frame. */
export interface Timing {
  readonly copy: number | null;
  readonly detect: number | null;
  readonly landmarks: number | null;
  readonly crops: number | null;
  readonly emotion: number | null;
  readonly server: number | null; // round trip of the last answer
  readonly total: number;
}

/** What the picture lacks, for the page to say. */
export interface Hints {
  readonly dark: boolean;
  readonly tooSmall: number; // faces seen but too small to read
  readonly beyondLimit: number; // faces seen beyond the number of places
}

export type ToWorker =
  | { readonly kind: "open"; readonly base: string; readonly options: AnalysisOptions; readonly flags: Flags }
  | { readonly kind: "options"; readonly options: AnalysisOptions }
  /** The frame is transferred; it comes back with the result, or is closed by the worker. */
  | { readonly kind: "frame"; readonly frame: VideoFrame | ImageBitmap; readonly index: number; readonly time: number; readonly still: boolean }
  /** Forget tracks and smoothing: another camera, photo or video. */
  | { readonly kind: "reset" }
  | { readonly kind: "close" };

export type FromWorker =
  | { readonly kind: "loading"; readonly what: "runtime" | "models" | "warming"; readonly loaded: number; readonly total: number }
  | { readonly kind: "ready"; readonly manifest: Manifest; readonly backend: "wasm" | "webgpu"; readonly threads: number }
  /** The pixels of the frame under way are read: from now on the worker needs nothing of the page. */
  | { readonly kind: "read" }
  | {
      readonly kind: "result";
      readonly frame: VideoFrame | ImageBitmap; // the very frame that was analysed, transferred back
      readonly index: number;
      readonly time: number;
      readonly width: number;
      readonly height: number;
      readonly people: readonly Person[]; // by id
      readonly hints: Hints;
      readonly timing: Timing;
    }
  | { readonly kind: "server"; readonly state: "answering" | "trouble"; readonly trouble: ServerTrouble | null; readonly retryInSeconds: number | null }
  | { readonly kind: "failed"; readonly code: "runtime" | "download" | "bundle" | "memory" | "frame"; readonly detail: string; readonly fatal: boolean };

/** Forced fallbacks, for tests and for troubleshooting (from the page's query string). */
export interface Flags {
  readonly noVideoFrame: boolean; // createImageBitmap instead of VideoFrame
  readonly noOffscreenCanvas: boolean; // crops leave as a stack encoded without OffscreenCanvas.convertToBlob
  readonly noThreads: boolean; // one WASM thread, and no workers that take a share of the faces
}
