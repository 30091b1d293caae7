/**
 * Pictures on their way to the server: kept on the device first, sent one at a time, oldest first, until the server
 * has them or they are discarded. No DOM; clock, store and server come in from outside.
 *
 * A picture keeps its Idempotency-Key for good, so that it is saved once however often it is sent.
 */
import type { SessionAnswer } from "../generated/api.js";
import { StorageBlocked, StorageFull } from "./device-store.js";
import type { Pause, QueueSetup } from "./queue-setup.js";
import { blobOf, isSent, type Entry, type Keeping, type Picture, type Trouble } from "./records.js";
import { backoff, judge, type Verdict } from "./troubles.js";

interface Item {
  entry: Entry;
  readonly fresh: boolean; // taken since this page was opened
  adopted: boolean; // somebody said that it belongs to the present account
  abort: AbortController | null;
}

export class UploadQueue {
  readonly #items = new Map<string, Item>();
  #pause: Pause | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #failures = 0;
  #running = false;
  #closed = false;
  #owner: string | null = null;

  constructor(private readonly setup: QueueSetup) {}

  /** Everything that is not on the server yet, and what got there since the page was opened; oldest first. */
  get entries(): readonly Entry[] {
    return [...this.#items.values()].map(({ entry }) => entry);
  }

  get pause(): Pause | null {
    return this.#pause;
  }

  /** Who was signed in when the server was asked last; null: nobody, or not known. */
  get owner(): string | null {
    return this.#owner;
  }

  /** Takes up what waited on the device from earlier visits, and sends it. */
  async open(): Promise<void> {
    await this.#ownerChanged(); // without an answer it is asked again before anything is sent
    for (const picture of await this.#waiting()) this.#put(picture, "yes", false);
    await this.#pump();
  }

  /** Keeps a new picture on the device and sends it. */
  async add(picture: Picture): Promise<void> {
    this.#put(picture, "pending", true);
    const kept = await this.#keep(picture);
    const item = this.#items.get(picture.key);
    if (item === undefined) {
      await this.setup.store.remove([picture.key]); // discarded meanwhile
      return;
    }
    this.#change(item, { kept });
    await this.#pump();
  }

  /** Tries again at once, whatever it was waiting for. Pictures of other accounts go along where `all` says so. */
  async retry(all = false): Promise<void> {
    this.#resume();
    for (const item of this.#items.values()) {
      const { status, foreign } = item.entry;
      item.adopted ||= all && foreign;
      if (status.kind === "waiting") this.#change(item, { status: { kind: "queued" } });
      if (item.adopted) this.#change(item, { foreign: false });
    }
    await this.#pump();
  }

  /** Something may be better now (the network is back, the page is looked at): a pause with an end ends. */
  async nudge(): Promise<void> {
    const kind = this.#pause?.trouble.kind;
    const foreign = [...this.#items.values()].filter(({ entry }) => entry.foreign);
    const somebodyElse = foreign.length > 0 && (await this.#ownerChanged());
    if (kind === "quota" || kind === "full" || (kind === undefined && !somebodyElse)) return;
    if (somebodyElse) for (const item of foreign) this.#change(item, { foreign: false });
    this.#resume();
    await this.#pump();
  }

  /**
   * Forgets pictures, here and on the device; one that is being sent is called back. Returns what they were: `add`
   * takes them back.
   */
  async discard(keys: readonly string[]): Promise<readonly Entry[]> {
    const items = keys.flatMap((key) => this.#items.get(key) ?? []);
    const before = items.map(({ entry }) => ({ ...entry, uncertain: entry.uncertain || isSent(entry) }));
    for (const { entry, abort } of items) {
      this.#items.delete(entry.picture.key);
      abort?.abort();
    }
    this.setup.onChange();
    await this.#forget(items.filter(({ entry }) => entry.kept === "yes").map(({ entry }) => entry.picture.key));
    return before;
  }

  /** Drops what is known about pictures that are on the server. */
  settle(key: string): void {
    const kind = this.#items.get(key)?.entry.status.kind;
    if (kind === "saved" || kind === "gone") this.#items.delete(key);
    this.setup.onChange();
  }

  close(): void {
    this.#closed = true;
    this.#resume();
    for (const { abort } of this.#items.values()) abort?.abort();
  }

  #put(picture: Picture, kept: Keeping, fresh: boolean): void {
    this.#items.set(picture.key, { entry: { picture, kept, status: { kind: "queued" }, waited: false, uncertain: false, foreign: false }, fresh, adopted: false, abort: null });
    this.setup.onChange();
  }

  async #waiting(): Promise<readonly Picture[]> {
    try {
      return await this.setup.store.all();
    } catch (error) {
      if (error instanceof StorageBlocked) return []; // said when there is a picture to keep
      throw error;
    }
  }

  async #keep(picture: Picture): Promise<Keeping> {
    try {
      await this.setup.store.add(picture);
      return "yes";
    } catch (error) {
      if (error instanceof StorageFull) return "full";
      if (error instanceof StorageBlocked) return "blocked";
      throw error;
    }
  }

  async #forget(keys: readonly string[]): Promise<void> {
    try {
      if (keys.length > 0) await this.setup.store.remove(keys);
    } catch (error) {
      // It stays on the device and is sent again with the next visit, where its key says that it is known.
      if (!(error instanceof StorageBlocked || error instanceof StorageFull)) throw error;
    }
  }

  async #pump(): Promise<void> {
    if (this.#pause !== null) this.#wait(this.#pause.trouble);
    if (this.#running || this.#pause !== null || this.#closed) return;
    this.#running = true;
    try {
      for (let item = this.#next(); item !== null; item = this.#next()) {
        const next = item;
        await this.setup.alone(() => this.#send(next));
      }
    } finally {
      this.#running = false;
    }
  }

  #next(): Item | null {
    if (this.#pause !== null || this.#closed) return null;
    for (const item of this.#items.values()) {
      const { status, foreign, kept } = item.entry;
      if (status.kind === "queued" && !foreign && kept !== "pending") return item;
    }
    return null;
  }

  async #send(item: Item): Promise<void> {
    const { picture, kept } = item.entry;
    const { key, metadata } = picture;
    item.abort = new AbortController();
    const { signal } = item.abort;
    try {
      if (await this.#elsewhere(item)) return;
      const screenshot = { key, metadata, masked: blobOf(picture.masked), plain: blobOf(picture.plain) };
      this.#change(item, { status: { kind: "sending", share: 0 } });
      const onProgress = (share: number): void => { this.#change(item, { status: { kind: "sending", share } }); };
      const { id } = await this.setup.server.save(screenshot, { signal, onProgress });
      this.#failures = 0;
      this.#change(item, { status: { kind: "saved", id }, uncertain: false });
      if (kept === "yes") await this.#forget([key]);
    } catch (error) {
      if (signal.aborted) return;
      await this.#failed(item, judge(error, this.setup.online()));
    } finally {
      item.abort = null;
    }
  }

  /** Whether there is nothing to do here: discarded, sent by another tab, or not ours to send. */
  async #elsewhere(item: Item): Promise<boolean> {
    const { picture, kept } = item.entry;
    if (this.#items.get(picture.key) !== item) return true;
    if (kept === "yes" && !item.fresh && !(await this.#onDevice(picture.key))) {
      this.#change(item, { status: { kind: "gone" } });
      return true;
    }
    const { owner, store } = await this.#ask();
    // On a shared device, pictures must not end up with whoever signs in next, nor be seen by whoever comes next.
    const ours = item.adopted || picture.owner === owner || (item.fresh && (owner === null || picture.owner === null));
    // What stands in the way is said without sending the picture first.
    if (!store) await this.#failed(item, { kind: "wait", trouble: { kind: "store" }, after: null, uncertain: false });
    else if (!ours) this.#change(item, { foreign: true });
    else if (owner === null) await this.#failed(item, { kind: "stop", trouble: { kind: "signIn" } });
    return !store || !ours || owner === null || this.#items.get(picture.key) !== item;
  }

  async #ask(): Promise<Pick<SessionAnswer, "owner" | "store">> {
    const session = await this.setup.server.session();
    this.#owner = session.owner;
    return session;
  }

  async #ownerChanged(): Promise<boolean> {
    const before = this.#owner;
    await this.#ask().catch((error: unknown) => { judge(error, true); }); // no answer: nothing new
    return this.#owner !== before;
  }

  async #onDevice(key: string): Promise<boolean> {
    try {
      return await this.setup.store.has(key);
    } catch (error) {
      if (error instanceof StorageBlocked) return true; // not known: its key keeps it from being doubled
      throw error;
    }
  }

  async #failed(item: Item, verdict: Verdict): Promise<void> {
    switch (verdict.kind) {
      case "gone":
        this.#change(item, { status: { kind: "gone" } });
        await this.#forget([item.entry.picture.key]);
        return;
      case "refused":
        this.#change(item, { status: { kind: "waiting", trouble: verdict.trouble } });
        return;
      case "stop":
        this.#halt(verdict.trouble, null, item);
        return;
      case "wait": {
        this.#failures++;
        const seconds = verdict.after ?? backoff(this.#failures, this.setup.random());
        this.#halt(verdict.trouble, seconds, item, verdict.uncertain);
        return;
      }
      default:
        verdict satisfies never;
    }
  }

  #halt(trouble: Trouble, seconds: number | null, item: Item, uncertain = false): void {
    this.#pause = { trouble, until: seconds === null ? null : Date.now() + 1000 * seconds };
    if (seconds !== null) this.#timer = setTimeout(() => { void this.nudge(); }, 1000 * seconds);
    this.#change(item, { status: { kind: "waiting", trouble }, uncertain: item.entry.uncertain || uncertain });
    this.#wait(trouble);
  }

  /** What is queued waits along; what is not on the device yet must not be said to wait there. */
  #wait(trouble: Trouble): void {
    for (const item of this.#items.values()) {
      const { status, kept } = item.entry;
      if (status.kind === "queued" && kept !== "pending") this.#change(item, { status: { kind: "waiting", trouble } });
    }
  }

  /** Ends the pause; what waited for its end is queued again. */
  #resume(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#pause = null;
    for (const item of this.#items.values()) {
      const { status } = item.entry;
      if (status.kind === "waiting" && status.trouble.kind !== "refused") this.#change(item, { status: { kind: "queued" } });
    }
  }

  #change(item: Item, part: Partial<Entry>): void {
    const entry = { ...item.entry, ...part };
    const { kind } = entry.status;
    item.entry = { ...entry, waited: kind === "waiting" || (entry.waited && kind !== "saved" && kind !== "gone") };
    this.setup.onChange();
  }
}
