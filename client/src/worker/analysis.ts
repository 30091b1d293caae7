/** Answers the page's messages: opens the bundle, analyses one frame at a time, closes what was opened. */
import { ApiClient } from "../api/client.js";
import { encodeStack } from "./encode.js";
import { failureOfFrame, failureToOpen } from "./failures.js";
import type { Progress } from "./load.js";
import type { AnalysisOptions, FromWorker, ToWorker } from "./messages.js";
import type { Manifest } from "../generated/manifest.js";
import { Pipeline, type Models } from "./pipeline.js";
import { FrameReader } from "./pixels.js";

type Open = Extract<ToWorker, { readonly kind: "open" }>;
type FrameMessage = Extract<ToWorker, { readonly kind: "frame" }>;

/** A bundle whose models run. */
export interface Loaded {
  readonly manifest: Manifest;
  readonly models: Models;
  readonly backend: "wasm" | "webgpu";
  readonly threads: number;
  readonly release: () => Promise<void>;
}

/** Fetches the bundle and starts its models. */
export type Load = (api: ApiClient, open: Open, progress: Progress, signal: AbortSignal) => Promise<Loaded>;

export type Post = (message: FromWorker, transfer?: Transferable[]) => void;

export class Analysis {
  private readonly reader = new FrameReader();
  private readonly closing = new AbortController();
  private opened: Open | null = null;
  private api: ApiClient | null = null;
  private loaded: Loaded | null = null;
  private pipeline: Pipeline | null = null;
  private waiting: FrameMessage | null = null;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly post: Post,
    private readonly load: Load,
  ) {}

  handle(message: ToWorker): void {
    switch (message.kind) {
      case "open":
        this.opened = message;
        this.next(() => this.open(message));
        return;
      case "options":
        this.next(() => this.retune(message.options));
        return;
      case "frame":
        this.enqueue(message);
        return;
      case "reset":
        this.next(() => {
          this.pipeline?.reset();
          return Promise.resolve();
        });
        return;
      case "close":
        this.closing.abort();
        this.drop();
        this.next(() => this.close());
        return;
      default:
        message satisfies never;
    }
  }

  /** Messages are handled one after the other, in the order of their coming. */
  private next(work: () => Promise<void>): void {
    this.turn = this.turn.then(work);
  }

  /** The newest frame wins: one that still waits for its turn is closed. */
  private enqueue(message: FrameMessage): void {
    const first = this.waiting === null;
    this.drop();
    this.waiting = message;
    if (first) {
      this.next(async () => {
        const { waiting } = this;
        this.waiting = null;
        if (waiting !== null) {
          await this.analyse(waiting);
        }
      });
    }
  }

  private drop(): void {
    this.waiting?.frame.close();
    this.waiting = null;
  }

  private async open(message: Open): Promise<void> {
    const { base, options, flags } = message;
    const api = new ApiClient(base, options.token);
    this.api = api;
    try {
      const loaded = await this.load(api, message, this.post, this.closing.signal);
      this.loaded = loaded;
      this.pipeline = new Pipeline(loaded.manifest, loaded.models, options, {
        now: () => performance.now(),
        spread: () => Math.random(),
        encode: (stack) => encodeStack(stack, !flags.noOffscreenCanvas),
        ask: (crops, signal) => api.faces(crops, signal),
        report: this.post,
        broken: (error) => {
          this.post({ ...failureOfFrame(error), code: "runtime" });
        },
      });
      const { manifest, backend, threads } = loaded;
      this.post({ kind: "ready", manifest, backend, threads });
    } catch (error) {
      if (!this.closing.signal.aborted) {
        this.post(failureToOpen(error));
      }
    }
  }

  /** Another backend means other models: everything is opened again, from the browser's cache. */
  private async retune(options: AnalysisOptions): Promise<void> {
    const { opened } = this;
    if (opened === null) {
      return;
    }
    this.opened = { ...opened, options };
    this.api?.authorise(options.token);
    if (options.backend === opened.options.backend) {
      this.pipeline?.retune(options);
      return;
    }
    await this.close();
    await this.open(this.opened);
  }

  private async analyse({ frame, index, time, still }: FrameMessage): Promise<void> {
    const start = performance.now();
    try {
      if (this.pipeline === null) {
        throw new Error("A frame came before the models were ready.");
      }
      const pixels = await this.reader.read(frame);
      const copy = performance.now() - start;
      this.post({ kind: "read" });
      const outcome = still ? await this.pipeline.still(pixels) : await this.pipeline.frame(pixels, time);
      const { people, hints } = outcome;
      const timing = { ...outcome.timing, copy, total: performance.now() - start };
      const { width, height } = pixels;
      this.post({ kind: "result", frame, index, time, width, height, people, hints, timing }, [frame]);
    } catch (error) {
      frame.close();
      this.post(failureOfFrame(error));
    }
  }

  private async close(): Promise<void> {
    this.pipeline?.close();
    this.pipeline = null;
    const { loaded } = this;
    this.loaded = null;
    await loaded?.release();
  }
}
