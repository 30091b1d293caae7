import { describe, expect, it } from "vitest";
import { ProblemError, UnreachableError } from "../../src/api/problems.js";
import type { Analysis } from "../../src/generated/api.js";
import { ServerLink, type ServerReport } from "../../src/worker/server-link.js";

const answer = (count: number, bundle = "b@1.0.0"): Analysis => ({
  bundle,
  width: 48,
  height: 48 * count,
  timing_ms: {},
  faces: Array.from({ length: count }, () => ({
    primary: { id: "fear", confidence: 1, unsure: false, probabilities: { fear: 1 } },
    specific: null,
    neutral_gate: null,
    valence: 0,
    arousal: 0,
    derived_affect: true,
  })),
});

const busy = (retryAfter: number | null): ProblemError =>
  new ProblemError({ type: "about:blank", title: "Busy", status: 503, detail: "" }, retryAfter);

/** A link with a clock that the test turns, and what it reported. */
function setUp(): { link: ServerLink; clock: { now: number }; reports: ServerReport[] } {
  const clock = { now: 100 };
  const reports: ServerReport[] = [];
  const link = new ServerLink({
    bundle: "b@1.0.0",
    perSecond: 8,
    now: () => clock.now,
    report: (report) => reports.push(report),
    spread: () => 0,
  });
  return { link, clock, reports };
}

const fail = (error: Error) => (): Promise<Analysis> => Promise.reject(error);

describe("server link", () => {
  it("asks the next question only after the answer, and not too often", async () => {
    const { link, clock } = setUp();
    let release: (value: Analysis) => void = () => undefined;
    const asked = link.ask([1, 2], 1000, () => new Promise((resolve) => (release = resolve)));
    clock.now += 5;
    expect(link.due).toBe(false);
    release(answer(2));
    await asked;
    expect(link.due).toBe(true);
    expect(link.take()).toMatchObject({ tracks: [1, 2], roundTripMs: 5000 });
    expect(link.take()).toBeNull();
    await link.ask([1], 1000, () => Promise.resolve(answer(1)));
    expect(link.due).toBe(false); // within an eighth of a second
    expect(link.free).toBe(true);
  });

  it("says once that the server answers", async () => {
    const { link, reports } = setUp();
    await link.ask([1], 1000, () => Promise.resolve(answer(1)));
    await link.ask([1], 1000, () => Promise.resolve(answer(1)));
    expect(reports).toEqual([{ kind: "server", state: "answering", trouble: null, retryInSeconds: null }]);
  });

  it.each([
    ["offline", new UnreachableError("gone"), 1],
    ["slow", new DOMException("late", "TimeoutError"), 1],
    ["busy", busy(3), 3],
    ["busy", busy(null), 1],
    ["refused", new ProblemError({ type: "", title: "", status: 401, detail: "" }, null), 1],
    ["failed", new ProblemError({ type: "", title: "", status: 500, detail: "" }, null), 1],
    ["failed", new SyntaxError("not JSON"), 1],
  ] as const)("is %s", async (trouble, error, wait) => {
    const { link, clock, reports } = setUp();
    await link.ask([1], 1000, fail(error));
    expect(reports).toEqual([{ kind: "server", state: "trouble", trouble, retryInSeconds: wait }]);
    expect(link.free).toBe(false);
    clock.now += wait;
    expect(link.free).toBe(true);
  });

  it("waits longer each time, up to half a minute, and starts anew after an answer", async () => {
    const { link, clock, reports } = setUp();
    for (let attempt = 0; attempt < 7; attempt++) {
      await link.ask([1], 1000, fail(new UnreachableError("gone")));
      clock.now += 40;
    }
    expect(reports.map(({ retryInSeconds }) => retryInSeconds)).toEqual([1, 2, 4, 8, 16, 30, 30]);
    await link.ask([1], 1000, () => Promise.resolve(answer(1)));
    await link.ask([1], 1000, fail(new UnreachableError("gone")));
    expect(reports.at(-1)?.retryInSeconds).toBe(1);
  });

  it("takes no answer of another bundle, or of another number of faces", async () => {
    const { link, reports } = setUp();
    await link.ask([1], 1000, () => Promise.resolve(answer(1, "other@1.0.0")));
    await link.ask([1, 2], 1000, () => Promise.resolve(answer(1)));
    expect(link.take()).toBeNull();
    expect(reports.map(({ trouble }) => trouble)).toEqual(["failed", "failed"]);
  });

  it("drops what was asked before a reset, and stops asking", async () => {
    const { link, reports } = setUp();
    let release: (value: Analysis) => void = () => undefined;
    let seen: AbortSignal | null = null;
    const asked = link.ask([1], 1000, (signal) => {
      seen = signal;
      return new Promise((resolve) => (release = resolve));
    });
    link.reset();
    expect(seen!.aborted).toBe(true);
    expect(link.free).toBe(true);
    release(answer(1));
    await asked;
    expect(link.take()).toBeNull();
    expect(reports).toEqual([]);
  });

  it("does not hide defects", async () => {
    const { link } = setUp();
    await expect(link.ask([1], 1000, fail(new RangeError("ours")))).rejects.toThrow("ours");
    expect(link.free).toBe(true);
  });
});
