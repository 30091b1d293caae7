/**
 * The last minute of everybody, for the timeline: a lane per person, samples at most ten a second. Pure.
 */
import type { Person } from "../records.js";

export interface Sample {
  readonly t: number; // seconds since the start of the session
  readonly shown: string;
  readonly name: string; // what stands above the head
  readonly confidence: number; // [0, 1]
}

/** The samples of one person, oldest first. */
export interface Lane {
  readonly person: number;
  readonly place: number; // row of the timeline, from 0, the person's own while in view
  readonly samples: readonly Sample[];
}

export interface Mark {
  readonly t: number;
  readonly label: string;
}

export interface History {
  readonly now: number;
  readonly lanes: readonly Lane[]; // by place
  readonly marks: readonly Mark[];
}

export const WINDOW_S = 60;
/** A pause in somebody's samples that is drawn as a gap. */
export const GAP_S = 1.2;
const LEFT_AFTER_S = 3;
const STEP_S = 0.1;
const MAX_MARKS = 100;

export const emptyHistory: History = { now: 0, lanes: [], marks: [] };

type Describe = (person: Person) => Omit<Sample, "t">;

/** The history after one more result; returns the same record if it comes too soon after the last. */
export function extend(history: History, t: number, people: readonly Person[], describe: Describe): History {
  if (t >= history.now && t - history.now < STEP_S && history.lanes.length > 0) return history;
  const since = t - WINDOW_S;
  // A time before the last one is a jump backwards in a video: what came after it is not the past any more.
  const old = history.lanes.map((lane) => ({ ...lane, samples: lane.samples.filter((s) => s.t >= since && s.t < t) }));
  const lanes = old.filter((lane) => lane.samples.length > 0);
  for (const person of people) {
    const sample = { t, ...describe(person) };
    const index = lanes.findIndex((lane) => lane.person === person.id);
    const lane = lanes[index];
    if (lane === undefined) lanes.push({ person: person.id, place: freePlace(lanes, t), samples: [sample] });
    else lanes[index] = { ...lane, samples: [...lane.samples, sample] };
  }
  return {
    now: t,
    lanes: lanes.sort((a, b) => a.place - b.place || a.person - b.person),
    marks: history.marks.filter((mark) => mark.t >= since && mark.t <= t),
  };
}

/** The history with an event marked now. */
export function mark(history: History, label: string): History {
  return { ...history, marks: [...history.marks, { t: history.now, label }].slice(-MAX_MARKS) };
}

/** Everybody's sample at a time; a person without one nearby is missing. */
export function samplesAt(history: History, t: number): { readonly person: number; readonly sample: Sample }[] {
  return history.lanes.flatMap(({ person, samples }) => {
    const before = samples.findLast((sample) => sample.t <= t + STEP_S / 2);
    return before !== undefined && t - before.t <= GAP_S ? [{ person, sample: before }] : [];
  });
}

/** A stretch of a lane that shows one thing. */
export interface Run {
  readonly shown: string;
  readonly points: readonly { readonly t: number; readonly confidence: number }[];
}

/** The stretches of a lane, for drawing; each reaches to where the next one starts, unless there is a gap. */
export function runs(lane: Lane): Run[] {
  const found: { shown: string; points: { t: number; confidence: number }[] }[] = [];
  for (const { t, shown, confidence } of lane.samples) {
    const last = found.at(-1);
    const end = last?.points.at(-1);
    const joined = last !== undefined && end !== undefined && t - end.t <= GAP_S;
    if (joined) last.points.push({ t, confidence: last.shown === shown ? confidence : end.confidence });
    if (!joined || last.shown !== shown) found.push({ shown, points: [{ t, confidence }] });
  }
  return found.map(({ shown, points }) => ({ shown, points: points.length > 1 ? points : widened(points) }));
}

/** A single sample, as wide as it lasted. */
function widened(points: readonly { t: number; confidence: number }[]): { t: number; confidence: number }[] {
  return points.flatMap((point) => [point, { ...point, t: point.t + STEP_S }]);
}

/** The lowest place where nobody was seen of late: whoever comes may continue the row of somebody who left. */
function freePlace(lanes: readonly Lane[], t: number): number {
  const present = lanes.filter(({ samples }) => t - (samples.at(-1)?.t ?? -Infinity) <= LEFT_AFTER_S);
  const taken = new Set(present.map((lane) => lane.place));
  let place = 0;
  while (taken.has(place)) place++;
  return place;
}
