/** The page's end of the worker: sends one frame at a time and hands back typed answers. */
import type { Frame } from "../../camera/frames.js";
import type { AnalysisOptions, Flags, FromWorker, ToWorker } from "../../worker/messages.js";

/** What is needed of a Worker; tests and the preview pass one that speaks the same messages. */
export type WorkerPort = Pick<Worker, "postMessage" | "terminate" | "addEventListener">;

export type Result = Extract<FromWorker, { readonly kind: "result" }>;
export type Loading = Extract<FromWorker, { readonly kind: "loading" }>;
export type Ready = Extract<FromWorker, { readonly kind: "ready" }>;
export type ServerState = Extract<FromWorker, { readonly kind: "server" }>;
export type Failure = Extract<FromWorker, { readonly kind: "failed" }>;

export interface AnalysisListener {
  loading(message: Loading): void;
  ready(message: Ready): void;
  /** The worker has the pixels of the frame in flight. */
  read(): void;
  result(message: Result): void;
  server(message: ServerState): void;
  failed(message: Failure): void;
}

export class Analysis {
  #ready = false;
  #inFlight = false;
  #index = 0;
  #firstIndex = 0; // results of earlier frames belong to another source

  constructor(
    private readonly port: WorkerPort,
    base: string,
    options: AnalysisOptions,
    flags: Flags,
    private readonly listener: AnalysisListener,
  ) {
    // Listeners die with the worker; nothing else holds them.
    port.addEventListener("message", (event: Event) => { this.#hear((event as MessageEvent<FromWorker>).data); });
    port.addEventListener("error", (event: Event) => { this.#broken(event); });
    this.#send({ kind: "open", base, options, flags });
  }

  /** Whether the next frame may be sent. */
  get free(): boolean {
    return this.#ready && !this.#inFlight;
  }

  /** Sends a frame; it is transferred away. Only while `free`. */
  frame(frame: Frame, time: number, still: boolean): void {
    if (!this.free) {
      frame.close();
      return;
    }
    this.#inFlight = true;
    this.#send({ kind: "frame", frame, index: this.#index++, time, still }, [frame]);
  }

  options(options: AnalysisOptions): void {
    this.#send({ kind: "options", options });
  }

  /** Another source: who was seen so far is forgotten, and so are results under way. */
  reset(): void {
    this.#firstIndex = this.#index;
    this.#send({ kind: "reset" });
  }

  close(): void {
    this.#ready = false;
    this.#send({ kind: "close" });
    this.port.terminate();
  }

  #send(message: ToWorker, transfer: Transferable[] = []): void {
    this.port.postMessage(message, transfer);
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case "loading":
        this.listener.loading(message);
        return;
      case "ready":
        this.#ready = true;
        this.listener.ready(message);
        return;
      case "read":
        this.listener.read();
        return;
      case "result":
        this.#inFlight = false;
        this.listener.result(message);
        return;
      case "server":
        this.listener.server(message);
        return;
      case "failed":
        if (message.code === "frame") this.#inFlight = false;
        this.listener.failed(message);
        return;
      default:
        message satisfies never;
    }
  }

  /** Whether a result belongs to the present source. */
  current(result: Result): boolean {
    return result.index >= this.#firstIndex;
  }

  #broken(event: Event): void {
    const detail = event instanceof ErrorEvent ? event.message : "";
    this.#ready = false;
    this.listener.failed({ kind: "failed", code: "runtime", detail, fatal: true });
  }
}
