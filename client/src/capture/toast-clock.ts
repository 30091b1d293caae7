/** How long notices stay: each has its own time, and all stand still together while somebody looks at one. */

export const TOAST_MS = 20_000;

export class ToastClock {
  readonly #ends = new Map<string, { left: number; since: number; timer: ReturnType<typeof setTimeout> | null }>();
  #held = false;

  constructor(private readonly onEnd: (key: string) => void) {}

  /** Gives a notice its whole time, from now on. */
  start(key: string, ms = TOAST_MS): void {
    this.drop(key);
    const end = { left: ms, since: Date.now(), timer: null };
    this.#ends.set(key, end);
    if (!this.#held) this.#run(key);
  }

  drop(key: string): void {
    const timer = this.#ends.get(key)?.timer ?? null;
    if (timer !== null) clearTimeout(timer);
    this.#ends.delete(key);
  }

  /** The pointer or the focus is on a notice, or is not any more. */
  hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    for (const [key, end] of this.#ends) {
      if (!held) {
        this.#run(key);
        continue;
      }
      if (end.timer !== null) clearTimeout(end.timer);
      end.timer = null;
      end.left -= Date.now() - end.since;
    }
  }

  close(): void {
    for (const key of [...this.#ends.keys()]) this.drop(key);
  }

  #run(key: string): void {
    const end = this.#ends.get(key);
    if (end === undefined) return;
    end.since = Date.now();
    end.timer = setTimeout(() => {
      this.#ends.delete(key);
      this.onEnd(key);
    }, Math.max(0, end.left));
  }
}
