/** Why the gallery has nothing to show, and when it is worth another try. Pure. */
import { ProblemError, UnreachableError } from "../api/problems.js";

export type TroubleKind = "signedOut" | "store" | "offline" | "unreachable" | "busy" | "other";

export interface Trouble {
  readonly kind: TroubleKind;
  readonly detail: string;
  readonly retrySeconds: number | null; // null: a further try alone will not help
}

const FIRST_S = 2;
const LONGEST_S = 30;

/**
 * What an error means to the reader.
 *
 * @param tries how many tries have failed before, for ever longer waits
 * @param online what the browser says of the network
 * @throws the error itself where it is none of the server or the network: a mistake of ours
 */
export function troubleOf(error: unknown, tries: number, online: boolean): Trouble {
  const wait = Math.min(LONGEST_S, FIRST_S * 2 ** tries);
  if (error instanceof UnreachableError) {
    return { kind: online ? "unreachable" : "offline", detail: error.message, retrySeconds: wait };
  }
  if (!(error instanceof ProblemError)) throw error;
  const { status, type } = error.problem;
  const retrySeconds = Math.max(wait, error.retryAfterSeconds ?? 0);
  if (status === 401) return { kind: "signedOut", detail: error.message, retrySeconds: null };
  if (status === 503 && type.endsWith("/store-unavailable")) return { kind: "store", detail: error.message, retrySeconds };
  if (status === 429 || status === 503) return { kind: "busy", detail: error.message, retrySeconds };
  // A server in between (502, 504) says the same as none at all.
  if (status >= 502) return { kind: "unreachable", detail: error.message, retrySeconds };
  return { kind: "other", detail: error.message, retrySeconds: null };
}
