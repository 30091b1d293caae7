/** Frames per second and the last milliseconds of each stage, from results as they come. */
import type { Timing } from "../worker/messages.js";

const WINDOW_MS = 2000;

export class Speed {
  #arrivals: number[] = [];
  #timing: Timing | null = null;
  #delay: number | null = null;

  /** Counts a result; `now` in ms. Stages that did not run keep their last figure. */
  add(timing: Timing, now: number): void {
    this.#arrivals = [...this.#arrivals.filter((at) => at > now - WINDOW_MS), now];
    this.#timing = {
      copy: timing.copy ?? this.#timing?.copy ?? null,
      detect: timing.detect ?? this.#timing?.detect ?? null,
      landmarks: timing.landmarks ?? this.#timing?.landmarks ?? null,
      crops: timing.crops ?? this.#timing?.crops ?? null,
      emotion: timing.emotion ?? this.#timing?.emotion ?? null,
      server: timing.server ?? this.#timing?.server ?? null,
      total: timing.total,
    };
  }

  /** A frame is on the screen, this many ms after the camera took it. */
  addDelay(ms: number): void {
    this.#delay = ms;
  }

  /** ms from the camera to the mask on the screen, of the last frame; null: none, or a photo. */
  get delay(): number | null {
    return this.#delay;
  }

  get timing(): Timing | null {
    return this.#timing;
  }

  /** Results per second over the last two seconds. */
  fps(now: number): number {
    const recent = this.#arrivals.filter((at) => at > now - WINDOW_MS);
    const [first] = recent;
    return first === undefined || recent.length < 2 ? 0 : ((recent.length - 1) * 1000) / Math.max(1, now - first);
  }

  reset(): void {
    this.#arrivals = [];
    this.#timing = null;
    this.#delay = null;
  }
}
