/** Three, two, one. */

export const COUNTDOWN_SECONDS = 3;

export class Countdown {
  #left: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /**
   * @param onChange a second went by, or it ended or was cancelled
   * @param onEnd the last second is over
   */
  constructor(
    private readonly onChange: () => void,
    private readonly onEnd: () => void,
  ) {}

  /** Whole seconds left; null: it does not run. */
  get left(): number | null {
    return this.#left;
  }

  start(seconds = COUNTDOWN_SECONDS): void {
    this.cancel();
    this.#step(seconds);
  }

  /** Whether there was anything to cancel. */
  cancel(): boolean {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#left === null) return false;
    this.#left = null;
    this.onChange();
    return true;
  }

  #step(left: number): void {
    if (left === 0) {
      this.cancel();
      this.onEnd();
      return;
    }
    this.#left = left;
    this.onChange();
    this.#timer = setTimeout(() => { this.#step(left - 1); }, 1000);
  }
}
