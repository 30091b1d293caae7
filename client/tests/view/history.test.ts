import { describe, expect, it } from "vitest";
import { emptyHistory, extend, GAP_S, mark, runs, samplesAt, WINDOW_S, type History } from "../../src/view/history.js";
import { basic7 } from "../page/manifest.js";
import { personOf } from "../page/people.js";

const somebody = (id: number, shown = "happiness") => personOf({ id, x: 0, y: 0, height: 10 }, shown, 0.8, basic7);
const describePerson = (person: { shown: string; primary: { confidence: number } }) => ({
  shown: person.shown, name: person.shown, confidence: person.primary.confidence,
});

function play(until: number, who: (t: number) => ReturnType<typeof somebody>[], from = emptyHistory, step = 0.05): History {
  let history = from;
  for (let t = history.now + step; t <= until + 1e-9; t += step) history = extend(history, t, who(t), describePerson);
  return history;
}

describe("history", () => {
  it("keeps at most ten samples a second and one minute", () => {
    const history = play(90, () => [somebody(1)]);
    const samples = history.lanes[0]!.samples;
    expect(samples.length).toBeLessThanOrEqual(10 * WINDOW_S + 1);
    expect(samples[0]!.t).toBeGreaterThanOrEqual(30 - 1e-6);
  });

  it("keeps a person's place while others leave, and gives free places again", () => {
    let history = play(5, () => [somebody(1), somebody(2), somebody(3)]);
    history = play(70, () => [somebody(2), somebody(3)], history);
    expect(history.lanes.map(({ person, place }) => [person, place])).toEqual([[2, 1], [3, 2]]);
    history = play(71, () => [somebody(2), somebody(3), somebody(4)], history);
    expect(history.lanes.map(({ person, place }) => [person, place])).toEqual([[4, 0], [2, 1], [3, 2]]);
  });

  it("gives the row of somebody who left to whoever comes next", () => {
    let history = play(5, () => [somebody(1), somebody(2)]);
    history = play(10, () => [somebody(2)], history);
    history = play(12, () => [somebody(2), somebody(3)], history);
    expect(history.lanes.map(({ person, place }) => [person, place])).toEqual([[1, 0], [3, 0], [2, 1]]);
  });

  it("reads values at any time, and nobody in a gap", () => {
    const history = play(20, (t) => (t > 5 && t < 10 ? [] : [somebody(1, t > 15 ? "sadness" : "happiness")]));
    expect(samplesAt(history, 3).map(({ sample }) => sample.shown)).toEqual(["happiness"]);
    expect(samplesAt(history, 18).map(({ sample }) => sample.shown)).toEqual(["sadness"]);
    expect(samplesAt(history, 5 + GAP_S + 1)).toEqual([]);
  });

  it("draws a run per emotion and none across a gap", () => {
    const history = play(20, (t) => (t > 5 && t < 10 ? [] : [somebody(1, t > 15 ? "sadness" : "happiness")]));
    const found = runs(history.lanes[0]!);
    expect(found.map((run) => run.shown)).toEqual(["happiness", "happiness", "sadness"]);
    expect(found[1]!.points.at(-1)!.t).toBeCloseTo(found[2]!.points[0]!.t, 5);
    expect(found[1]!.points[0]!.t - found[0]!.points.at(-1)!.t).toBeGreaterThan(4);
  });

  it("forgets the future after a jump backwards in a video", () => {
    let history = play(20, () => [somebody(1)]);
    history = extend(history, 4, [somebody(1)], describePerson);
    expect(history.lanes[0]!.samples.at(-1)!.t).toBe(4);
    expect(history.lanes[0]!.samples.every((sample) => sample.t <= 4)).toBe(true);
  });

  it("marks events, which leave with the window", () => {
    let history = mark(play(10, () => [somebody(1)]), "clap");
    expect(history.marks).toEqual([{ t: history.now, label: "clap" }]);
    history = play(75, () => [somebody(1)], history, 0.5);
    expect(history.marks).toEqual([]);
  });
});
