// @vitest-environment happy-dom
/** What a session does with the worker's messages, with a worker and a camera that are played by the test. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { LiveSession } from "../../src/pages/live/session.js";
import type { LiveState } from "../../src/pages/live/state.js";
import type { AnalysisOptions, FromWorker, ToWorker } from "../../src/worker/messages.js";
import { basic7, manifestOf } from "./manifest.js";

const options: AnalysisOptions = { mode: "device", maxFaces: 10, smoothing: 1, tiles: false, backend: "wasm", token: null };
const flags = { noVideoFrame: false, noOffscreenCanvas: false, noThreads: false };
const timing = { copy: 1, detect: null, landmarks: 5, crops: 1, emotion: 2, server: null, total: 9 };

class PlayedWorker extends EventTarget {
  readonly heard: ToWorker[] = [];
  ended = false;

  postMessage(message: ToWorker): void {
    this.heard.push(message);
  }

  terminate(): void {
    this.ended = true;
  }

  say(message: FromWorker): void {
    this.dispatchEvent(new MessageEvent("message", { data: message }));
  }

  ready(): void {
    this.say({ kind: "ready", manifest: manifestOf(basic7), backend: "wasm", threads: 1 });
  }

  /** Answers the frame that was sent last. */
  answer(): void {
    const frames = this.heard.filter((message) => message.kind === "frame");
    const { frame, index, time } = frames.at(-1)!;
    const hints = { dark: false, tooSmall: 0, beyondLimit: 0 };
    this.say({ kind: "result", frame, index, time, width: 4, height: 4, people: [], hints, timing });
  }

  get frames(): number {
    return this.heard.filter((message) => message.kind === "frame").length;
  }
}

class PlayedVideo extends EventTarget {
  srcObject: unknown = null;
  #next: VideoFrameRequestCallback | null = null;

  play(): Promise<void> {
    return Promise.resolve();
  }

  requestVideoFrameCallback(call: VideoFrameRequestCallback): number {
    this.#next = call;
    return 1;
  }

  cancelVideoFrameCallback(): void {
    this.#next = null;
  }

  /** The camera has another picture. */
  picture(): void {
    this.#next?.(0, { captureTime: 0 } as VideoFrameCallbackMetadata);
  }
}

function setUp() {
  const workers: PlayedWorker[] = [];
  const video = new PlayedVideo();
  const states: LiveState[] = [];
  const shown: number[] = [];
  const session = new LiveSession({
    createWorker: () => {
      const worker = new PlayedWorker();
      workers.push(worker);
      return worker as never;
    },
    base: "http://host/",
    flags,
    video: video as unknown as HTMLVideoElement,
    options: () => options,
    onState: (state) => states.push(state),
    onResult: ({ index }) => shown.push(index),
    onVideoFrame: () => undefined,
  });
  return { session, workers, video, states, shown };
}

/** A running session whose first frame is with the worker. */
async function running() {
  vi.stubGlobal("isSecureContext", true);
  const open: number[] = []; // indices of the frames that nobody has closed
  let made = 0;
  vi.stubGlobal("VideoFrame", class {
    readonly #index = made++;

    constructor() {
      open.push(this.#index);
    }

    close(): void {
      open.splice(open.indexOf(this.#index), 1);
    }
  });
  const track = { addEventListener: () => undefined, getSettings: () => ({}), label: "", stop: () => undefined };
  const stream = { getVideoTracks: () => [track], getTracks: () => [track] };
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: () => Promise.resolve(stream) } });
  const all = setUp();
  await all.session.startCamera(null);
  const worker = all.workers[0]!;
  worker.ready();
  all.video.picture();
  expect(worker.frames).toBe(1);
  return { ...all, worker, open };
}

afterEach(() => { vi.unstubAllGlobals(); });

describe("drawing", () => {
  it("waits until the worker has the pixels of the next frame, which is sent first", async () => {
    const { worker, video, shown } = await running();
    video.picture(); // lies ready when the first answer comes
    worker.answer();
    expect(worker.frames).toBe(2);
    expect(shown).toEqual([]);
    worker.say({ kind: "read" });
    expect(shown).toEqual([0]);
  });

  it("does not wait where the camera has no other frame yet", async () => {
    const { worker, shown } = await running();
    worker.answer();
    expect(worker.frames).toBe(1);
    expect(shown).toEqual([0]);
  });

  it("happens once, also where the next frame cannot be read", async () => {
    const { worker, video, shown } = await running();
    video.picture();
    worker.answer();
    worker.say({ kind: "failed", code: "frame", detail: "", fatal: false });
    worker.say({ kind: "read" });
    expect(shown).toEqual([0]);
  });

  it("keeps the frame open that is on the screen until then", async () => {
    const { worker, video, shown, open } = await running();
    worker.answer();
    expect([shown, open]).toEqual([[0], [0]]);
    video.picture();
    video.picture(); // a third one lies ready
    worker.answer();
    expect([shown, open]).toEqual([[0], [0, 1, 2]]);
    worker.say({ kind: "read" });
    expect([shown, open]).toEqual([[0, 1], [1, 2]]);
  });

  it("does not happen any more after a stop, and nothing stays open but what the worker has", async () => {
    const { session, worker, video, shown, open } = await running();
    video.picture();
    worker.answer();
    session.stop();
    worker.say({ kind: "read" });
    expect(shown).toEqual([]);
    expect(open).toEqual([1]);
  });
});

describe("getting ready before anybody asks", () => {
  it("opens the models and shows nothing", () => {
    const { session, workers, states } = setUp();
    session.prepare();
    workers[0]!.ready();
    expect(workers[0]!.heard.map(({ kind }) => kind)).toEqual(["open"]);
    expect(states.at(-1)).toMatchObject({ phase: "idle", trouble: null, loading: null, cameraOn: false });
  });

  it("says nothing when it fails, and is tried again by whoever starts", () => {
    const { session, workers, states } = setUp();
    session.prepare();
    const failure: FromWorker = { kind: "failed", code: "download", detail: "gone", fatal: true };
    workers[0]!.say(failure);
    expect(workers[0]!.ended).toBe(true);
    expect(states.at(-1)).toMatchObject({ phase: "idle", trouble: null });
    session.startFile(new File(["x"], "a.png", { type: "image/png" }), "photo").catch(() => undefined);
    expect(workers).toHaveLength(2);
    workers[1]!.say(failure);
    expect(states.at(-1)?.trouble).toEqual({ kind: "worker", code: "download", detail: "gone" });
  });
});
