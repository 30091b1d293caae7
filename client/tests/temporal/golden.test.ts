/** The client's tracks, smoothing and labels are those of `dasa.temporal`. */
import { describe, expect, it } from "vitest";
import type { Manifest, OneEuro, Tracking } from "../../src/generated/manifest.js";
import type { Emotion, Face, Mode } from "../../src/records.js";
import { assign } from "../../src/temporal/assignment.js";
import { bestTerms, calmTerm, Switch, wanted, type Rules } from "../../src/temporal/labels.js";
import { People } from "../../src/temporal/people.js";
import { Average, logOf, OneEuroFilter, softmax } from "../../src/temporal/smoothing.js";
import { Tracker } from "../../src/temporal/tracks.js";
import { farthest, golden } from "../golden.js";

type Rectangle = [number, number, number, number];
const boxOf = ([x, y, width, height]: Rectangle) => ({ x, y, width, height });

describe("assignment", () => {
  const { cases } = golden<{ cases: { costs: number[][]; limit: number; pairs: [number, number][] }[] }>("assignment");
  it.each(cases)("$pairs", ({ costs, limit, pairs }) => {
    expect(assign(costs, limit)).toEqual(pairs);
  });
});

describe("tracks", () => {
  interface Scenario {
    readonly name: string;
    readonly steps: { time: number; boxes: Rectangle[]; appearances: number[][] | null; ids: number[] }[];
  }
  const { spec, scenarios } = golden<{ spec: Tracking; scenarios: Scenario[] }>("tracks");
  it.each(scenarios)("$name", ({ steps }) => {
    const tracker = new Tracker(spec);
    expect(steps.map(({ boxes, time, appearances }) => tracker.update(boxes.map(boxOf), time, appearances))).toEqual(steps.map(({ ids }) => ids));
  });
});

describe("smoothing", () => {
  interface Case {
    readonly amount: number;
    readonly steps: { time: number; size: number; values: number[]; smooth: number[] }[];
  }
  const { spec, cases } = golden<{ spec: OneEuro; cases: Case[] }>("one-euro");
  it.each(cases)("one euro, amount $amount", ({ amount, steps }) => {
    const filter = new OneEuroFilter(spec, amount);
    for (const { values, size, time, smooth } of steps) {
      expect(farthest(filter.step(values, size, time), smooth)).toBeLessThan(1e-5);
    }
  });

  it("averages logarithms by elapsed time", () => {
    interface Step {
      readonly time: number;
      readonly probabilities: number[];
      readonly smooth: number[];
    }
    const { timeConstant, floor, steps } = golden<{ timeConstant: number; floor: number; steps: Step[] }>("average");
    const average = new Average(timeConstant);
    for (const { time, probabilities, smooth } of steps) {
      average.add(logOf(probabilities, floor), time);
      expect(farthest(softmax(average.value!), smooth)).toBeLessThan(1e-6);
    }
  });
});

describe("labels", () => {
  interface Labels {
    readonly wanted: { rules: Rules; shown: string | null; probabilities: number[]; gate: number | null; label: string }[];
    readonly switch: { hold: number; pause: number; steps: { time: number; label: string; shown: string }[] }[];
    readonly terms: { probabilities: number[]; within: number[]; shown: number | null; ratio: number; best: number[]; calm: number | null }[];
  }
  const cases = golden<Labels>("labels");

  it("asks for the same label", () => {
    const answers = cases.wanted.map(({ shown, probabilities, gate, rules }) => wanted(shown, probabilities, gate, rules));
    expect(answers).toEqual(cases.wanted.map(({ label }) => label));
  });

  it.each(cases.switch)("switches at the same time, hold $hold", ({ hold, pause, steps }) => {
    const held = new Switch<string>(hold, pause);
    expect(steps.map(({ label, time }) => held.step(label, time))).toEqual(steps.map(({ shown }) => shown));
  });

  it("chooses the same terms", () => {
    for (const { within, probabilities, shown, ratio, best, calm } of cases.terms) {
      expect(bestTerms(within, probabilities)).toEqual(best);
      expect(calmTerm(shown, within, probabilities, ratio)).toBe(calm);
    }
  });
});

describe("people", () => {
  interface Answer {
    readonly id: number;
    readonly source: Mode;
    readonly primary: number[];
    readonly terms: number[] | null;
    readonly neutralGate: number | null;
    readonly valence: number;
    readonly arousal: number;
    readonly derivedAffect: boolean;
  }
  interface Shown extends Pick<Answer, "id" | "source" | "valence" | "arousal" | "derivedAffect"> {
    readonly box: Rectangle;
    readonly shown: string;
    readonly primary: [string, number, boolean];
    readonly specific: [string, number] | null;
    readonly top: [string, number][] | null;
  }
  interface Step {
    readonly time: number;
    readonly shifts: [number, number][];
    readonly ids: number[];
    readonly answers: Answer[];
    readonly people: Shown[];
  }
  interface Case {
    readonly taxonomy: string;
    readonly amount: number;
    readonly manifest: Manifest;
    readonly steps: Step[];
  }
  const { landmarks, cases } = golden<{ landmarks: number[]; cases: Case[] }>("people");

  const face = ([dx, dy]: [number, number]): Face => ({
    landmarks: Float32Array.from(landmarks, (value, i) => value + (i % 3 === 0 ? dx : i % 3 === 1 ? dy : 0)),
    score: 0.9,
  });
  const emotion = (answer: Answer): Emotion => ({
    ...answer,
    primary: Float32Array.from(answer.primary),
    terms: answer.terms === null ? null : Float32Array.from(answer.terms),
  });

  it.each(cases)("a whole stream, $taxonomy, amount $amount", ({ manifest: part, amount, steps }) => {
    const mesh = { outline: [], right_eye: [], left_eye: [], lips: [] };
    const people = new People({ ...part, mesh: { ...part.mesh, ...mesh } }, amount);
    for (const step of steps) {
      expect(people.see(step.shifts.map(face), step.time)).toEqual(step.ids);
      for (const answer of step.answers) {
        people.judge(answer.id, emotion(answer), step.time, answer.source);
      }
      const seen = people.people();
      expect(seen.map(({ id, shown, source, derivedAffect, primary, specific }) => [id, shown, source, derivedAffect, primary.id, primary.unsure, specific?.id])).toEqual(
        step.people.map(({ id, shown, source, derivedAffect, primary, specific }) => [id, shown, source, derivedAffect, primary[0], primary[2], specific?.[0]]),
      );
      const numbers = seen.flatMap(({ primary, valence, arousal, specific }) => [primary.confidence, valence, arousal, ...(specific?.top ?? []).map((guess) => guess.confidence)]);
      const expected = step.people.flatMap(({ primary, valence, arousal, top }) => [primary[1], valence, arousal, ...(top ?? []).map((guess) => guess[1])]);
      expect(farthest(numbers, expected)).toBeLessThan(1e-4);
      const boxes = seen.flatMap(({ box }) => [box.x, box.y, box.width, box.height]);
      expect(farthest(boxes, step.people.flatMap(({ box }) => box))).toBeLessThan(0.01);
    }
  });
});
