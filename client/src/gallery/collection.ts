/**
 * The screenshots of the gallery: loads them page by page, tries again after troubles, deletes and brings back.
 *
 * Knows nothing of the page: whoever shows it reads the fields and is told of changes.
 */
import type { ScreenshotAnswer, TotalsAnswer } from "../generated/api.js";
import { type Library, MOST_IDS, parts } from "../api/library.js";
import { everything, type Filter, lets, which } from "./filter.js";
import { emotionsOf } from "./describe.js";
import { before, merged, refreshed, type Shot, shotOf, without } from "./shots.js";
import { type Trouble, troubleOf } from "./troubles.js";

/** Timers and the state of the network, so that tests need neither. */
export interface Surroundings {
  readonly after: (run: () => void, ms: number) => () => void; // returns what calls it off
  readonly online: () => boolean;
}

export const browser: Surroundings = {
  after: (run, ms) => {
    const timer = setTimeout(run, ms);
    return () => { clearTimeout(timer); };
  },
  online: () => navigator.onLine,
};

/** What was deleted, to bring it back; null: everything that can be. */
export interface Deleted {
  readonly shots: readonly Shot[] | null;
  readonly count: number;
}

export class Collection {
  shots: readonly Shot[] = [];
  filter: Filter = everything;
  /** Of the filter's span of time; null: not known yet. */
  totals: TotalsAnswer | null = null;
  trouble: Trouble | null = null;
  /** Seconds until the next try; null: none is planned. */
  retryIn: number | null = null;
  /** Whether the first page is here. */
  started = false;
  #next: string | null = null;
  #tries = 0;
  #run = new AbortController();
  #running: Promise<void> | null = null;
  #callOff: () => void = () => undefined;

  constructor(
    private readonly library: Library,
    private readonly changed: () => void,
    private readonly around: Surroundings = browser,
  ) {}

  /** Whether there is more on the server. */
  get unfinished(): boolean {
    return !this.started || this.#next !== null;
  }

  /** How many screenshots the filter lets through, as far as that is known. */
  get total(): number {
    if (!this.unfinished || this.totals === null) return this.shots.length;
    const { emotion } = this.filter;
    const counted = emotion === null ? this.totals.count : (this.totals.emotions[emotion] ?? 0);
    return Math.max(counted, this.shots.length);
  }

  /** Shows something else, from the beginning. */
  show(filter: Filter): void {
    this.#stop();
    Object.assign(this, { filter, shots: [], started: false, trouble: null, retryIn: null });
    this.#next = null;
    this.#tries = 0;
    void this.more();
    void this.count();
  }

  /** Whether a page is on its way. */
  get loading(): boolean {
    return this.#running !== null;
  }

  /** The next page, or the one that is on its way; nothing while a trouble waits for its time. */
  more(): Promise<void> {
    if (this.#running !== null) return this.#running;
    if (this.trouble !== null || !this.unfinished) return Promise.resolve();
    const running = this.#load(this.#run.signal);
    this.#running = running;
    this.changed();
    return running;
  }

  async #load(signal: AbortSignal): Promise<void> {
    try {
      const page = await this.library.page(which(this.filter), this.#next, signal);
      if (signal.aborted) return; // another filter, or the page is left: somebody else's turn
      this.shots = merged(this.shots, page.items.map(shotOf));
      this.#next = page.next;
      this.started = true;
      this.#tries = 0;
    } catch (error) {
      if (signal.aborted) return;
      this.#failed(error);
    }
    this.#running = null;
    this.changed();
  }

  /** Tries again now. */
  retry(): void {
    if (this.trouble === null || this.trouble.kind === "signedOut") return;
    this.#callOff();
    this.trouble = null;
    this.retryIn = null;
    void this.more();
    void this.count();
  }

  /** Takes in what happened elsewhere since; keeps what is deeper down. */
  async refresh(): Promise<void> {
    if (!this.started || this.loading || this.trouble !== null) return;
    const { signal } = this.#run;
    const known = this.shots;
    try {
      const page = await this.library.page(which(this.filter), null, signal);
      if (this.shots !== known) return; // changed meanwhile: the next time
      this.shots = refreshed(known, page.items.map(shotOf), page.next === null);
      if (page.next === null) this.#next = null;
    } catch (error) {
      if (signal.aborted) return;
      this.#failed(error);
    }
    this.changed();
    void this.count();
  }

  /** The counts anew; troubles are told by the listing, which is asked at the same time. */
  async count(): Promise<void> {
    const { signal } = this.#run;
    try {
      this.totals = await this.library.totals(which(this.filter), signal);
      this.changed();
    } catch (error) {
      if (!signal.aborted) troubleOf(error, 0, true); // throws what is a mistake of ours
    }
  }

  /** Takes them out at once and deletes them; puts them back, and throws, where the server does not. */
  async delete(ids: ReadonlySet<string>): Promise<Deleted> {
    const gone = this.shots.filter(({ id }) => ids.has(id));
    this.shots = without(this.shots, ids);
    this.changed();
    const hidden = new Set<string>();
    try {
      // Part by part, so that what is hidden is known when a later part fails.
      for (const part of parts([...ids], MOST_IDS)) for (const id of await this.library.delete(part)) hidden.add(id);
    } catch (error) {
      this.#put(gone.filter(({ id }) => !hidden.has(id)));
      if (hidden.size === 0) throw error;
    }
    void this.count();
    // What somebody else has deleted meanwhile is gone as well, but is not ours to bring back.
    return { shots: gone.filter(({ id }) => hidden.has(id)), count: hidden.size };
  }

  async deleteAll(): Promise<Deleted> {
    const count = await this.library.deleteAll();
    this.show(this.filter);
    return { shots: null, count };
  }

  /** Brings back; returns how many are there again. */
  async restore(deleted: Deleted): Promise<number> {
    if (deleted.shots === null) {
      const back = await this.library.restore(null);
      this.show(this.filter);
      return back.length;
    }
    const back = new Set(await this.library.restore(deleted.shots.map(({ id }) => id)));
    this.#put(deleted.shots.filter(({ id, day, faces }) => back.has(id) && lets(this.filter, day, emotionsOf({ faces }))));
    void this.count();
    return back.size;
  }

  /** One screenshot, also one that the list has not come to yet. */
  async find(id: string): Promise<Shot> {
    const known = this.shots.find((shot) => shot.id === id);
    return known ?? shotOf((await this.library.get(id, this.#run.signal)) satisfies ScreenshotAnswer);
  }

  /** Lets go of everything. */
  stop(): void {
    this.#stop();
  }

  #put(shots: readonly Shot[]): void {
    // What lies deeper than the last page comes with its own page.
    const last = this.shots.at(-1);
    const here = this.#next === null && this.started ? shots : shots.filter((shot) => last !== undefined && before(shot, last) < 0);
    this.shots = merged(this.shots, here);
    this.changed();
  }

  #stop(): void {
    this.#run.abort();
    this.#run = new AbortController();
    this.#running = null;
    this.#callOff();
  }

  #failed(error: unknown): void {
    this.trouble = troubleOf(error, this.#tries, this.around.online());
    this.#tries += 1;
    this.retryIn = this.trouble.retrySeconds;
    if (this.retryIn !== null) this.#tick();
  }

  #tick(): void {
    this.#callOff = this.around.after(() => {
      if (this.retryIn === null) return;
      this.retryIn -= 1;
      if (this.retryIn <= 0) this.retry();
      else this.#tick();
      this.changed();
    }, 1000);
  }
}
