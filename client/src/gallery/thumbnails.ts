/**
 * Small pictures for tiles: few requests at a time, the newest wish first (it is what is in view now), the last
 * ones kept, since the server lets no cache keep them.
 */
import { ProblemError, UnreachableError } from "../api/problems.js";

const AT_A_TIME = 6; // what HTTP/1.1 lets a browser do
const KEPT = 600; // tiles; about 10 MB
const RETRY_MS = 1000; // after the first failure, more after each further one up to
const LONGEST_MS = 10_000;

interface Wish {
  readonly id: string;
  readonly give: (address: string | null) => void; // null: there is none
  tries: number;
  dropped: boolean;
}

export class Thumbnails {
  readonly #kept = new Map<string, string>(); // id -> object address, least recently used first
  readonly #wishes: Wish[] = [];
  readonly #running = new Map<string, AbortController>();

  /**
   * @param fetchOne the picture of an id
   * @param later calls back after some ms; a test's own where time must not pass
   */
  constructor(
    private readonly fetchOne: (id: string, signal: AbortSignal) => Promise<Blob>,
    private readonly later: (run: () => void, ms: number) => void = (run, ms) => void setTimeout(run, ms),
    private readonly addresses: Pick<typeof URL, "createObjectURL" | "revokeObjectURL"> = URL,
  ) {}

  /** Asks for a picture; the answer comes at once where it is here. Returns what takes the wish back. */
  want(id: string, give: (address: string | null) => void): () => void {
    const address = this.#kept.get(id);
    if (address !== undefined) {
      this.#kept.delete(id);
      this.#kept.set(id, address);
      give(address);
      return () => undefined;
    }
    const wish: Wish = { id, give, tries: 0, dropped: false };
    this.#wishes.push(wish);
    this.#next();
    return () => { this.#drop(wish); };
  }

  /** The address of a picture that is here already. */
  peek(id: string): string | null {
    return this.#kept.get(id) ?? null;
  }

  /** Lets go of everything. */
  clear(): void {
    for (const running of this.#running.values()) running.abort();
    this.#wishes.length = 0;
    for (const address of this.#kept.values()) this.addresses.revokeObjectURL(address);
    this.#kept.clear();
  }

  #drop(wish: Wish): void {
    wish.dropped = true;
    const at = this.#wishes.indexOf(wish);
    if (at < 0) return;
    this.#wishes.splice(at, 1);
    if (!this.#wishes.some(({ id }) => id === wish.id)) this.#running.get(wish.id)?.abort();
  }

  #next(): void {
    while (this.#running.size < AT_A_TIME) {
      const wish = this.#wishes.findLast(({ id }) => !this.#running.has(id));
      if (wish === undefined) return;
      void this.#fetch(wish);
    }
  }

  async #fetch(wish: Wish): Promise<void> {
    const stop = new AbortController();
    this.#running.set(wish.id, stop);
    try {
      this.#give(wish.id, this.#keep(wish.id, await this.fetchOne(wish.id, stop.signal)));
    } catch (error) {
      if (!stop.signal.aborted) this.#failed(wish, error);
    } finally {
      this.#running.delete(wish.id);
      this.#next();
    }
  }

  #failed(wish: Wish, error: unknown): void {
    if (!(error instanceof ProblemError || error instanceof UnreachableError)) throw error;
    const passing = error instanceof UnreachableError || [429, 503].includes(error.problem.status);
    wish.tries += 1;
    if (!passing) {
      this.#give(wish.id, null);
      return;
    }
    // Out of the queue while it waits, so that it does not hold up the others.
    const asking = this.#wishes.filter(({ id }) => id === wish.id);
    for (const one of asking) this.#wishes.splice(this.#wishes.indexOf(one), 1);
    const seconds = error instanceof ProblemError ? error.retryAfterSeconds : null;
    this.later(() => {
      this.#wishes.unshift(...asking.filter(({ dropped }) => !dropped));
      this.#next();
    }, Math.max(Math.min(LONGEST_MS, RETRY_MS * wish.tries), 1000 * (seconds ?? 0)));
  }

  #give(id: string, address: string | null): void {
    const asking = this.#wishes.filter((wish) => wish.id === id);
    for (const wish of asking) this.#wishes.splice(this.#wishes.indexOf(wish), 1);
    for (const wish of asking) wish.give(address);
  }

  #keep(id: string, data: Blob): string {
    const address = this.addresses.createObjectURL(data);
    this.#kept.set(id, address);
    for (const [old, oldAddress] of this.#kept) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(old);
      this.addresses.revokeObjectURL(oldAddress);
    }
    return address;
  }
}
