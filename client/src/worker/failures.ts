/** Which of the known failures an error is. */
import { ProblemError, UnreachableError } from "../api/problems.js";
import { DownloadError } from "./download.js";
import type { FromWorker } from "./messages.js";

export type Failure = Extract<FromWorker, { readonly kind: "failed" }>;

/** An error while opening: nothing works without what failed. */
export function failureToOpen(error: unknown): Failure {
  return { kind: "failed", code: openCode(error), detail: detailOf(error), fatal: true };
}

/** An error in a frame: the next one may do, except where memory has run out. */
export function failureOfFrame(error: unknown): Failure {
  return { kind: "failed", code: "frame", detail: detailOf(error), fatal: outOfMemory(error) };
}

function openCode(error: unknown): Failure["code"] {
  if (error instanceof DownloadError || error instanceof UnreachableError) {
    return "download";
  }
  if (error instanceof ProblemError) {
    return "bundle";
  }
  return outOfMemory(error) ? "memory" : "runtime";
}

function outOfMemory(error: unknown): boolean {
  return error instanceof Error && /out of memory|allocation failed|bad_alloc/i.test(error.message);
}

function detailOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
