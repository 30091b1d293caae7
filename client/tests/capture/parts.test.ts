import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProblemError, UnreachableError } from "../../src/api/problems.js";
import { LostAnswerError } from "../../src/api/upload.js";
import { Countdown } from "../../src/capture/countdown.js";
import { fileName } from "../../src/capture/download.js";
import { encodeAll, THUMBNAIL_SIDE, type Canvases } from "../../src/capture/encode.js";
import { metadataOf, type Taken } from "../../src/capture/metadata.js";
import { TOAST_MS, ToastClock } from "../../src/capture/toast-clock.js";
import { backoff, judge } from "../../src/capture/troubles.js";
import type { Person } from "../../src/records.js";
import { Bystanders, headRegion } from "../../src/view/bystanders.js";
import { Palette } from "../../src/view/palette.js";
import { basic7, emo135, manifestOf } from "../page/manifest.js";
import { personOf } from "../page/people.js";
import { pictureOf } from "./pictures.js";

const person = (id: number, shown = "happiness", classes = basic7): Person => personOf({ id, x: 100 * id, y: 50, height: 40 }, shown, 0.9, classes);

describe("metadata", () => {
  const manifest = manifestOf(basic7);
  const palette = new Palette(manifest, "vivid");
  const taken = (people: readonly Person[], part: Partial<Taken> = {}): Taken =>
    ({ people, width: 640, mirrored: false, time: new Date("2026-11-25T12:00:00.123Z"), mode: "device", ...part });

  it("are what is shown: box, primary, term, affect, person", () => {
    const { time, bundle, mode, faces } = metadataOf(taken([person(3)]), manifest, palette);
    expect([time, bundle, mode]).toEqual(["2026-11-25T12:00:00.123Z", `${manifest.name}@${manifest.version}`, "device"]);
    expect(faces).toEqual([{
      person: 3, box: [285.2, 30, 29.6, 40], score: 0.97,
      primary: { id: "happiness", confidence: 0.9, unsure: false },
      specific: { id: expect.any(String) as string, confidence: 0.2 }, valence: 0.7, arousal: 0.3,
    }]);
  });

  it("mirror the boxes with the picture", () => {
    const [face] = metadataOf(taken([person(3)], { mirrored: true }), manifest, palette).faces;
    expect(face?.box).toEqual([640 - 285.2 - 29.6, 30, 29.6, 40]);
  });

  it("say of an unsure face what it came nearest to, and no term", () => {
    const [face] = metadataOf(taken([person(1, "unsure")]), manifest, palette).faces;
    expect(face?.primary).toMatchObject({ id: basic7[0], unsure: true });
    expect(face?.specific).toBeNull();
  });

  it("name the gate's neutral", () => {
    const other = manifestOf(emo135);
    const [face] = metadataOf(taken([person(1, "neutral", emo135)]), other, new Palette(other, "vivid")).faces;
    expect(face?.primary).toMatchObject({ id: "neutral", unsure: false });
  });

  it("say who read the faces, not what was asked for", () => {
    const modeOf = (people: readonly Person[], mode: Taken["mode"]): string => metadataOf(taken(people, { mode }), manifest, palette).mode;
    expect(modeOf([person(1)], "server")).toBe("device"); // fallen back
    expect(modeOf([{ ...person(1), source: "server" }], "device")).toBe("server");
    expect(modeOf([], "server")).toBe("server");
  });

  it("hold numbers that the server takes", () => {
    const odd = { ...person(1), score: 1.0000001, valence: -1.00001 };
    expect(metadataOf(taken([odd]), manifest, palette).faces[0]).toMatchObject({ score: 1, valence: -1 });
  });
});

describe("Bystanders", () => {
  it("hide everybody who was not picked", () => {
    const regions = new Bystanders().regions([person(1), person(2), person(3)], new Set([2]), 0);
    expect(regions).toEqual([headRegion(person(1).outline), headRegion(person(3).outline)]);
  });

  it("keep a face hidden that is lost for a moment, and no longer", () => {
    const bystanders = new Bystanders();
    const hidden = (people: readonly Person[], time: number): number => bystanders.regions(people, new Set([2]), time).length;
    expect(hidden([person(1), person(2)], 10)).toBe(1);
    expect(hidden([person(2)], 11.9)).toBe(1);
    expect(hidden([person(2)], 11.9)).toBe(1); // the same frame, painted again
    expect(hidden([person(2)], 12.1)).toBe(0);
    expect(hidden([person(1)], 20)).toBe(1);
    expect(hidden([], 1)).toBe(0); // another source, or a jump back
  });

  it("cover the whole outline with the oval", () => {
    const { outline } = person(1);
    const { x, y, width, height } = headRegion(outline);
    for (let i = 0; i < outline.length; i += 2) {
      const [u, v] = [(2 * (outline[i]! - x)) / width - 1, (2 * (outline[i + 1]! - y)) / height - 1];
      expect(u * u + v * v).toBeLessThan(0.85);
    }
  });
});

describe("verdicts", () => {
  const problem = (status: number, slug: string): ProblemError => new ProblemError({ type: `/problems/${slug}`, title: "", status, detail: "Why." }, 7);

  it.each([
    [new UnreachableError(""), { kind: "wait", trouble: { kind: "unreachable" }, after: null, uncertain: false }],
    [new LostAnswerError(""), { kind: "wait", trouble: { kind: "unreachable" }, after: null, uncertain: true }],
    [problem(503, "busy"), { kind: "wait", trouble: { kind: "busy" }, after: 7, uncertain: false }],
    [problem(503, "store-unavailable"), { kind: "wait", trouble: { kind: "store" }, after: 7, uncertain: true }],
    [problem(500, "internal"), { kind: "wait", trouble: { kind: "unreachable" }, after: 7, uncertain: true }],
    [problem(401, "sign-in"), { kind: "stop", trouble: { kind: "signIn" } }],
    [problem(422, "unusable-input"), { kind: "refused", trouble: { kind: "refused", detail: "Why." } }],
    [problem(410, "gone"), { kind: "gone" }],
  ])("%s", (error, verdict) => {
    expect(judge(error, true)).toEqual(verdict);
  });

  it("know that there is no network, and pass on what they do not know", () => {
    expect(judge(new UnreachableError(""), false)).toMatchObject({ trouble: { kind: "offline" } });
    expect(() => judge(new RangeError("a bug"), true)).toThrow(RangeError);
  });

  it("double the pause up to a minute, spread a little", () => {
    expect([1, 2, 3, 4, 5, 6, 60].map((n) => backoff(n, 1))).toEqual([2, 4, 8, 16, 32, 60, 60]);
    expect(backoff(3, 0)).toBe(6);
  });
});

describe("clocks", () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  it("count down from three", () => {
    const seen: (number | null)[] = [];
    const end = vi.fn();
    const countdown: Countdown = new Countdown(() => { seen.push(countdown.left); }, end);
    countdown.start();
    vi.advanceTimersByTime(2999);
    expect([seen, end.mock.calls.length]).toEqual([[3, 2, 1], 0]);
    vi.advanceTimersByTime(1);
    expect([seen, end.mock.calls.length]).toEqual([[3, 2, 1, null], 1]);
    countdown.start();
    expect([countdown.cancel(), countdown.cancel()]).toEqual([true, false]);
    vi.advanceTimersByTime(10_000);
    expect(end).toHaveBeenCalledTimes(1);
  });

  it("let notices leave after their time, which stands still while one is looked at", () => {
    const gone: string[] = [];
    const clock = new ToastClock((key) => { gone.push(key); });
    clock.start("a");
    vi.advanceTimersByTime(5000);
    clock.start("b");
    clock.hold(true);
    clock.start("c"); // arrives meanwhile
    vi.advanceTimersByTime(600_000);
    expect(gone).toEqual([]);
    clock.hold(false);
    vi.advanceTimersByTime(TOAST_MS - 5001);
    expect(gone).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(gone).toEqual(["a"]);
    clock.drop("b");
    vi.advanceTimersByTime(5000);
    expect(gone).toEqual(["a", "c"]);
  });
});

describe("encoding", () => {
  const bitmap = (width: number, height: number): ImageBitmap => ({ width, height, close: () => undefined });

  it("gives up quality before the server would refuse it, and makes a small picture", async () => {
    const made: [number, number, number][] = [];
    const canvases: Canvases = {
      encode: (_, width, height, quality) => {
        made.push([width, height, quality]);
        return Promise.resolve(new Blob([new Uint8Array(Math.round((quality * width * height) / 1000))], { type: "image/jpeg" }));
      },
    };
    const pictures = await encodeAll(bitmap(1000, 500), bitmap(1000, 500), canvases, 860);
    expect(made).toEqual([
      [THUMBNAIL_SIDE, THUMBNAIL_SIDE / 2, 0.8], [1000, 500, 0.95], [1000, 500, 0.95], [1000, 500, 0.85], [1000, 500, 0.85],
    ]);
    expect([pictures.masked?.bytes.byteLength, pictures.plain?.type]).toEqual([425, "image/jpeg"]);
    expect((await encodeAll(null, bitmap(10, 10), canvases)).masked).toBeNull();
  });

  it("names files by their moment", () => {
    const picture = pictureOf("0123456789abcdef", { taken: Date.UTC(2026, 10, 25, 12, 0, 0, 123) });
    expect(fileName(picture, "plain")).toBe("dasa-2026-11-25T12-00-00-123-01234567-plain.jpg");
  });
});
