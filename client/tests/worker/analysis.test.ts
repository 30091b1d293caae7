/** What the worker says, and that it closes every frame that does not go back. */
import { describe, expect, it } from "vitest";
import { UnreachableError } from "../../src/api/problems.js";
import { Analysis, type Load } from "../../src/worker/analysis.js";
import { DownloadError } from "../../src/worker/download.js";
import type { AnalysisOptions, FromWorker, ToWorker } from "../../src/worker/messages.js";
import type { AnyFrame } from "../../src/worker/pixels.js";

const options: AnalysisOptions = { mode: "device", maxFaces: 10, smoothing: 1, tiles: false, backend: "wasm", token: null };
const flags = { noVideoFrame: false, noOffscreenCanvas: false, noThreads: false };
const open: ToWorker = { kind: "open", base: "http://host/", options, flags };

/** A frame as far as it matters here: it counts how often it was closed. */
class Slide {
  readonly width = 4;
  readonly height = 4;
  closed = 0;

  close(): void {
    this.closed += 1;
  }

  message(index: number): ToWorker {
    return { kind: "frame", frame: this as unknown as AnyFrame, index, time: index, still: false };
  }
}

function setUp(load: Load): { analysis: Analysis; said: FromWorker[]; settle: () => Promise<void> } {
  const said: FromWorker[] = [];
  const analysis = new Analysis((message) => said.push(message), load);
  const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
  return { analysis, said, settle };
}

describe("worker", () => {
  it.each([
    ["download", new DownloadError("cut")],
    ["download", new UnreachableError("gone")],
    ["memory", new RangeError("Array buffer allocation failed")],
    ["runtime", new Error("no SIMD")],
  ] as const)("says that it cannot start: %s", async (code, error) => {
    const { analysis, said, settle } = setUp(() => Promise.reject(error));
    analysis.handle(open);
    await settle();
    expect(said).toEqual([{ kind: "failed", code, detail: error.message, fatal: true }]);
  });

  it("closes a frame that it cannot analyse, and says so", async () => {
    const { analysis, said, settle } = setUp(() => Promise.reject(new Error("no SIMD")));
    analysis.handle(open);
    await settle();
    const frame = new Slide();
    analysis.handle(frame.message(0));
    await settle();
    expect(frame.closed).toBe(1);
    expect(said.at(-1)).toMatchObject({ kind: "failed", code: "frame", fatal: false });
  });

  it("keeps the newest of waiting frames and closes the others", async () => {
    const { analysis, said, settle } = setUp(() => Promise.reject(new Error("no SIMD")));
    const frames = [new Slide(), new Slide(), new Slide()];
    frames.forEach((frame, index) => {
      analysis.handle(frame.message(index));
    });
    await settle();
    expect(frames.map(({ closed }) => closed)).toEqual([1, 1, 1]);
    expect(said).toHaveLength(1); // only the newest got its turn
  });

  it("closes what waits and stays silent when it is closed while opening", async () => {
    const { analysis, said, settle } = setUp(
      (_api, _open, _progress, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            reject(new DOMException("closed", "AbortError"));
          });
        }),
    );
    const frame = new Slide();
    analysis.handle(open);
    analysis.handle(frame.message(0));
    await settle();
    analysis.handle({ kind: "close" });
    await settle();
    expect(frame.closed).toBe(1);
    expect(said).toEqual([]);
  });
});
