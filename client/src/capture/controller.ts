/**
 * Screenshots of the live page: takes them, sees them to the server, and knows what is to be said about each.
 * How it looks is in the view.
 */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import { Screenshots } from "../api/screenshots.js";
import type { ApiClient } from "../api/client.js";
import type { Metadata } from "../generated/api.js";
import type { Variants } from "../view/painter.js";
import { t } from "../words/index.js";
import { Countdown } from "./countdown.js";
import { IndexedStore } from "./device-store.js";
import { download } from "./download.js";
import { EncodingFailed, type Encoder } from "./encoder.js";
import { MOST_ENCODING } from "./limits.js";
import { Notices } from "./notices.js";
import { UploadQueue } from "./queue.js";
import type { Pause } from "./queue-setup.js";
import type { Entry } from "./records.js";
import { TOAST_MS } from "./toast-clock.js";
import type { Toast } from "./toasts.js";

/** What is on the screen, taken in one step. */
export interface Shot {
  readonly canvases: Variants<OffscreenCanvas | null>;
  readonly metadata: Metadata;
  readonly time: Date;
}

export interface CaptureHost extends ReactiveControllerHost {
  /** null: no picture is shown. */
  takeShot(): Shot | null;
  flash(): void;
}

/** Pictures that wait, as they are told and acted upon together. */
export interface Waiting {
  readonly mine: readonly Entry[];
  readonly unclaimed: readonly Entry[]; // taken while nobody was signed in
  readonly others: readonly Entry[]; // of another account
  readonly pause: Pause | null;
  readonly trying: boolean; // one of them is being sent
  readonly owner: string | null;
}

export class CaptureController implements ReactiveController {
  announcement = "";
  /** What was discarded last, for as long as it can be taken back. */
  discarded: readonly Entry[] = [];

  readonly #countdown = new Countdown(() => { this.#onCountdown(); }, () => { this.take(); });
  readonly #notices = new Notices({
    say: (text) => { this.#say(text); },
    settle: (key) => { this.#queue.settle(key); },
    onChange: () => { this.host.requestUpdate(); },
  });
  readonly #undone = new Set<string>(); // before they were encoded
  readonly #queue: UploadQueue;
  readonly #screenshots: Screenshots;
  #seconds: ReturnType<typeof setInterval> | null = null;
  #takeBackEnd: ReturnType<typeof setTimeout> | null = null;
  #listening = new AbortController();

  constructor(
    private readonly host: CaptureHost,
    api: ApiClient,
    private readonly encoder: Encoder,
  ) {
    host.addController(this);
    this.#screenshots = new Screenshots(api);
    this.#queue = new UploadQueue({
      server: this.#screenshots,
      store: new IndexedStore(),
      online: () => navigator.onLine,
      random: () => Math.random(),
      alone,
      onChange: () => { this.#onQueue(); },
    });
  }

  hostConnected(): void {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const better = (): void => { if (!document.hidden) void this.#queue.nudge(); };
    window.addEventListener("online", better, { signal });
    document.addEventListener("visibilitychange", better, { signal });
    window.addEventListener("beforeunload", (event) => { if (this.#unkept) event.preventDefault(); }, { signal });
    this.encoder.warm();
    void this.#queue.open();
  }

  hostDisconnected(): void {
    this.#listening.abort();
    this.#countdown.cancel();
    this.#notices.close();
    this.#queue.close();
    this.encoder.close();
    this.#tick(false);
    this.#setDiscarded([]);
  }

  get toasts(): readonly Toast[] {
    return this.#notices.toasts;
  }

  /** Seconds until the picture is taken; null: no countdown runs. */
  get countdown(): number | null {
    return this.#countdown.left;
  }

  get waiting(): Waiting {
    const waiting = this.#queue.entries.filter(({ foreign, waited }) => foreign || waited);
    const { pause, owner } = this.#queue;
    return {
      mine: waiting.filter(({ foreign }) => !foreign),
      unclaimed: waiting.filter(({ foreign, picture }) => foreign && picture.owner === null),
      others: waiting.filter(({ foreign, picture }) => foreign && picture.owner !== null),
      pause,
      trying: waiting.some(({ status }) => status.kind === "sending"),
      owner,
    };
  }

  /** Takes what is on the screen at this moment. */
  readonly take = (): void => {
    this.#countdown.cancel();
    if (this.encoder.pending >= MOST_ENCODING) {
      this.#say(t("capture.tooFast"));
      return;
    }
    const shot = this.host.takeShot();
    if (shot === null) {
      this.#say(t("capture.nothing"));
      return;
    }
    this.host.flash();
    void this.#process(shot);
  };

  /** Starts the countdown, or cancels the one that runs. */
  readonly toggleCountdown = (): void => {
    if (this.#countdown.left === null) this.#countdown.start();
    else this.cancelCountdown();
  };

  /** Whether there was a countdown to cancel. */
  readonly cancelCountdown = (): boolean => {
    const cancelled = this.#countdown.cancel();
    if (cancelled) this.#say(t("capture.cancelled"));
    return cancelled;
  };

  /** Takes a screenshot back: from the server, or before it gets there. */
  readonly undo = async (key: string): Promise<void> => {
    const toast = this.#notices.get(key);
    if (toast === undefined || toast.busy) return;
    if (toast.status.kind === "saved" || toast.status.kind === "restored") {
      const { id } = toast.status;
      await this.#notices.ask(key, () => this.#screenshots.delete([id]), { kind: "deleted", id });
    } else if (toast.status.kind !== "deleted") {
      if (toast.status.kind === "encoding") this.#undone.add(key);
      await this.#discardKeys([key]);
    }
  };

  /** Takes back the newest one that can be taken back. */
  readonly undoLast = (): void => {
    const last = this.toasts.findLast(({ status }) => status.kind !== "deleted" && status.kind !== "failed");
    if (last !== undefined) void this.undo(last.key);
  };

  readonly restore = async (key: string): Promise<void> => {
    const toast = this.#notices.get(key);
    if (toast?.status.kind !== "deleted" || toast.busy) return;
    const { id } = toast.status;
    await this.#notices.ask(key, () => this.#screenshots.restore([id]), { kind: "restored", id });
  };

  readonly dismiss = (key: string): void => {
    this.#notices.dismiss(key);
  };

  /** Notices stay while the pointer or the focus is on one. */
  readonly hold = (held: boolean): void => {
    this.#notices.hold(held);
  };

  readonly retry = (): void => {
    void this.#queue.retry();
  };

  /** Pictures that were taken while nobody was signed in go to the account that is signed in now. */
  readonly claim = (): void => {
    void this.#queue.retry(true);
  };

  readonly download = (entries: readonly Entry[]): void => {
    download(entries.map(({ picture }) => picture));
  };

  readonly downloadOne = (key: string): void => {
    this.download(this.#queue.entries.filter(({ picture }) => picture.key === key));
  };

  readonly discard = (entries: readonly Entry[]): void => {
    void this.#discardKeys(entries.map(({ picture }) => picture.key));
  };

  /** Puts back what was discarded last. */
  readonly takeBack = (): void => {
    const entries = this.discarded;
    this.#setDiscarded([]);
    for (const { picture } of entries) void this.#queue.add(picture);
  };

  async #process({ canvases, metadata, time }: Shot): Promise<void> {
    const key = newKey();
    this.#notices.begin(key);
    try {
      const { masked, plain, thumbnail } = await this.encoder.encode(canvases);
      if (this.#undone.delete(key)) return;
      this.#notices.picture(key, thumbnail);
      await this.#queue.add({ key, taken: time.getTime(), owner: this.#queue.owner, metadata, masked, plain });
    } catch (error) {
      if (!(error instanceof EncodingFailed)) throw error;
      this.#notices.failed(key);
    }
  }

  async #discardKeys(keys: readonly string[]): Promise<void> {
    const entries = await this.#queue.discard(keys);
    for (const key of keys) this.dismiss(key);
    this.#setDiscarded(entries);
    this.#say(t("waiting.discarded", { n: Math.max(1, entries.length) }));
  }

  #setDiscarded(entries: readonly Entry[]): void {
    if (this.#takeBackEnd !== null) clearTimeout(this.#takeBackEnd);
    this.#takeBackEnd = entries.length === 0 ? null : setTimeout(() => { this.#setDiscarded([]); }, TOAST_MS);
    this.discarded = entries;
    this.host.requestUpdate();
  }

  #onQueue(): void {
    for (const entry of this.#queue.entries) this.#notices.follow(entry);
    this.#tick(typeof this.#queue.pause?.until === "number");
    this.host.requestUpdate();
  }

  #onCountdown(): void {
    const { left } = this.#countdown;
    if (left !== null) this.#say(t("capture.in", { n: left }));
    this.host.requestUpdate();
  }

  /** Whether something would be lost with the page. */
  get #unkept(): boolean {
    return this.#queue.entries.some(({ kept, status }) => kept !== "yes" && status.kind !== "saved" && status.kind !== "gone");
  }

  /** Says it to screen readers, also when it is the same as before. */
  #say(text: string): void {
    this.announcement = this.announcement === text ? `${text}\u00A0` : text;
    this.host.requestUpdate();
  }

  /** While a next try is coming, the seconds until then are shown. */
  #tick(on: boolean): void {
    if (on) this.#seconds ??= setInterval(() => { this.host.requestUpdate(); }, 1000);
    else if (this.#seconds !== null) {
      clearInterval(this.#seconds);
      this.#seconds = null;
    }
  }
}

/** 128 random bits; randomUUID exists on secure pages only. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** One tab sends at a time, where the browser can tell. */
async function alone<T>(work: () => Promise<T>): Promise<T> {
  // Missing on pages that came over plain HTTP.
  const locks = (navigator as Partial<Pick<Navigator, "locks">>).locks;
  return locks === undefined ? work() : await locks.request("dasa.upload", work);
}
