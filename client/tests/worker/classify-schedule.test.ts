import { describe, expect, it } from "vitest";
import { ClassifySchedule } from "../../src/worker/classify-schedule.js";

const tracks = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/** How many were classified in each frame, and how often each track in all. */
function run(framesPerSecond: number, seconds: number): { perFrame: number[]; perTrack: Map<number, number> } {
  const schedule = new ClassifySchedule(8);
  schedule.due(tracks, 0);
  const perFrame: number[] = [];
  const perTrack = new Map<number, number>();
  for (let frame = 1; frame <= framesPerSecond * seconds; frame++) {
    const due = schedule.due(tracks, frame / framesPerSecond);
    perFrame.push(due.length);
    due.forEach((id) => perTrack.set(id, (perTrack.get(id) ?? 0) + 1));
  }
  return { perFrame, perTrack };
}

describe("schedule of classification", () => {
  it("takes new faces at once", () => {
    const schedule = new ClassifySchedule(8);
    expect(schedule.due([1, 2], 0)).toEqual([1, 2]);
    expect(schedule.due([1, 2, 3], 0.01)).toEqual([3]);
  });

  it("spreads the work evenly over frames and faces", () => {
    const { perFrame, perTrack } = run(30, 4);
    expect(Math.max(...perFrame) - Math.min(...perFrame)).toBeLessThanOrEqual(1);
    expect([...perTrack.values()].every((count) => Math.abs(count - 32) <= 1)).toBe(true);
  });

  it("keeps to five a second where frames are few", () => {
    const { perTrack } = run(8, 10);
    expect([...perTrack.values()].every((count) => count >= 49 && count <= 53)).toBe(true);
  });

  it("classifies everybody in every frame where frames are very few, and not more", () => {
    expect(run(3, 5).perFrame.every((count) => count === 10)).toBe(true);
  });

  it("takes one that came back at once", () => {
    const schedule = new ClassifySchedule(8);
    schedule.due([1, 2], 0);
    schedule.keep(new Set([1]));
    expect(schedule.due([1, 2], 0.001)).toEqual([2]);
  });
});
