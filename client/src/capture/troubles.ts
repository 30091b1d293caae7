/** What a failed upload means for the picture, and when to try again. Pure. */
import { ProblemError, UnreachableError } from "../api/problems.js";
import { LostAnswerError } from "../api/upload.js";
import type { Trouble } from "./records.js";

/** What the queue does after a failed try. */
export type Verdict =
  /** Keep it and wait; `after` in seconds, null: as the back-off says. */
  | { readonly kind: "wait"; readonly trouble: Trouble; readonly after: number | null; readonly uncertain: boolean }
  /** Keep it, and do not try again by itself: something has to be done first. */
  | { readonly kind: "stop"; readonly trouble: Trouble }
  /** This one is not taken; others may be. */
  | { readonly kind: "refused"; readonly trouble: Trouble }
  /** It was kept once, and deleted for good since. */
  | { readonly kind: "gone" };

/** Judges what an upload threw; anything that is no answer and no missing answer is thrown on. */
export function judge(error: unknown, online: boolean): Verdict {
  if (error instanceof UnreachableError) {
    const trouble: Trouble = { kind: online ? "unreachable" : "offline" };
    return { kind: "wait", trouble, after: null, uncertain: error instanceof LostAnswerError };
  }
  if (!(error instanceof ProblemError)) throw error;
  const { problem, retryAfterSeconds: after } = error;
  switch (problem.status) {
    case 401:
      return { kind: "stop", trouble: { kind: "signIn" } };
    case 507:
      return { kind: "stop", trouble: { kind: problem.type.endsWith("/store-full") ? "full" : "quota" } };
    case 410:
      return { kind: "gone" };
    case 408:
    case 425:
    case 429:
      return { kind: "wait", trouble: { kind: "busy" }, after, uncertain: false };
    default:
      return problem.status < 500 ? { kind: "refused", trouble: { kind: "refused", detail: error.message } } : failed(problem.type, after);
  }
}

/** The server failed. Unless it was merely busy, that may have been after the picture was kept. */
function failed(type: string, after: number | null): Verdict {
  if (type.endsWith("/busy")) return { kind: "wait", trouble: { kind: "busy" }, after, uncertain: false };
  const kind = type.endsWith("/store-unavailable") ? "store" : "unreachable";
  return { kind: "wait", trouble: { kind }, after, uncertain: true };
}

const FIRST_S = 2;
const LONGEST_S = 60;

/** Seconds before the next try after `failures` of them in a row; `random` in [0, 1) spreads many clients out. */
export function backoff(failures: number, random: number): number {
  const full = Math.min(LONGEST_S, FIRST_S * 2 ** Math.max(0, failures - 1));
  return full * (0.75 + 0.25 * random);
}
