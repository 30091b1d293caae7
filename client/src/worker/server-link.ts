/**
 * The conversation with the server: one request at a time, the next only after the answer to the last; answers to
 * questions that no longer stand are dropped; trouble is reported once and tried again with growing pauses.
 *
 * Time comes in with every call, in seconds; the request itself is a function that is passed in.
 */
import type { Analysis } from "../generated/api.js";
import { ProblemError, UnreachableError } from "../api/problems.js";
import type { FromWorker, ServerTrouble } from "./messages.js";

export type ServerReport = Extract<FromWorker, { readonly kind: "server" }>;

/** An answer with the tracks that it is about, in the order of `answer.faces`. */
export interface Answered {
  readonly tracks: readonly number[];
  readonly answer: Analysis;
  readonly roundTripMs: number;
}

/** Sends a question to the server; rejects with a TimeoutError when `signal` says so. */
export type Ask = (signal: AbortSignal) => Promise<Analysis>;

const FIRST_PAUSE_S = 1;
const LONGEST_PAUSE_S = 30;

export interface LinkOptions {
  readonly bundle: string; // the answers' bundle must be ours: "name@version"
  readonly perSecond: number; // at most so many questions
  readonly now: () => number; // seconds, rising
  readonly report: (report: ServerReport) => void;
  readonly spread: () => number; // in [0, 1): keeps the pauses of many clients from falling together
}

export class ServerLink {
  private asking: AbortController | null = null;
  private generation = 0;
  private askedAt = Number.NEGATIVE_INFINITY;
  private retryAt = Number.NEGATIVE_INFINITY;
  private failures = 0;
  private state: ServerReport["state"] | null = null;
  private answered: Answered | null = null;

  constructor(private readonly options: LinkOptions) {}

  /** Whether the server may be asked: no question is open, and no trouble is waited out. */
  get free(): boolean {
    return this.asking === null && this.options.now() >= this.retryAt;
  }

  /** Whether the next question of a stream may leave now. */
  get due(): boolean {
    return this.free && this.options.now() - this.askedAt >= 1 / this.options.perSecond;
  }

  /**
   * Puts a question about these tracks. Resolves when the answer, or the trouble, is in; rejects only with what is
   * not the server's doing. Call it only when free.
   *
   * @param timeoutMs after which the server counts as slow
   */
  async ask(tracks: readonly number[], timeoutMs: number, ask: Ask): Promise<void> {
    const controller = new AbortController();
    const generation = this.generation;
    const started = this.options.now();
    this.asking = controller;
    this.askedAt = started;
    try {
      const answer = await ask(AbortSignal.any([controller.signal, AbortSignal.timeout(timeoutMs)]));
      if (generation === this.generation) {
        this.accept(tracks, answer, (this.options.now() - started) * 1000);
      }
    } catch (error) {
      if (generation === this.generation) {
        this.fail(error);
      }
    } finally {
      if (this.asking === controller) {
        this.asking = null;
      }
    }
  }

  /** The answer that came since the last call, if any. */
  take(): Answered | null {
    const answered = this.answered;
    this.answered = null;
    return answered;
  }

  /** Ends the conversation: another source, another mode. Answers still on their way are dropped. */
  reset(): void {
    this.generation += 1;
    this.asking?.abort();
    this.asking = null;
    this.answered = null;
    this.retryAt = Number.NEGATIVE_INFINITY;
    this.failures = 0;
    this.state = null;
  }

  private accept(tracks: readonly number[], answer: Analysis, roundTripMs: number): void {
    if (answer.bundle !== this.options.bundle || answer.faces.length !== tracks.length) {
      this.trouble("failed", null);
      return;
    }
    this.failures = 0;
    this.answered = { tracks, answer, roundTripMs };
    if (this.state !== "answering") {
      this.state = "answering";
      this.options.report({ kind: "server", state: "answering", trouble: null, retryInSeconds: null });
    }
  }

  private fail(error: unknown): void {
    if (error instanceof ProblemError) {
      this.trouble(troubleOf(error.problem.status), error.retryAfterSeconds);
    } else if (error instanceof UnreachableError) {
      this.trouble("offline", null);
    } else if (error instanceof DOMException && error.name === "TimeoutError") {
      this.trouble("slow", null);
    } else if (error instanceof SyntaxError) {
      this.trouble("failed", null); // not JSON
    } else {
      throw error;
    }
  }

  private trouble(trouble: ServerTrouble, wanted: number | null): void {
    const pause = Math.min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** this.failures) * (1 + 0.25 * this.options.spread());
    const wait = wanted ?? pause;
    this.failures += 1;
    this.retryAt = this.options.now() + wait;
    this.state = "trouble";
    this.options.report({ kind: "server", state: "trouble", trouble, retryInSeconds: wait });
  }
}

function troubleOf(status: number): ServerTrouble {
  if (status === 429 || status === 503) {
    return "busy";
  }
  return status === 401 || status === 403 ? "refused" : "failed";
}
