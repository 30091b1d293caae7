/** Who is who: gives each face of a stream an id that stays while others come, go or cross. */
import type { Tracking } from "../generated/manifest.js";
import type { Box } from "../records.js";
import { assign } from "./assignment.js";
import { atRest, correct, predict, type Motion } from "./motion.js";

/** See `crops/appearance`. */
export type Appearance = ArrayLike<number>;

/** What is remembered of a face. */
interface Track {
  readonly id: number;
  readonly motion: Motion; // when last seen
  readonly size: number; // logarithm of the size in pixels, see `sizeOf`
  readonly pss: number; // variance of that
  readonly speed: number; // what the speed was of late, root mean square of an axis, face sizes a second
  readonly seen: number; // seconds, when it was last seen
  readonly waited: number; // seconds it has not been seen although nobody stood before it
  readonly checked: number; // until when that was counted
  readonly appearance: Appearance | null;
}

/** A face of a frame. */
interface Seen {
  readonly x: number;
  readonly y: number;
  readonly size: number; // pixels
  readonly factor: number; // of the errors of what is measured: larger where another face is close enough to show
  readonly appearance: Appearance | null;
}

interface Head {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** The size of a face: the geometric mean of its box's width and height, pixels. */
export function sizeOf(box: Box): number {
  return Math.sqrt(Math.max(0, box.width) * Math.max(0, box.height));
}

/**
 * The tracks of one stream.
 *
 * Each face goes to the track that explains it best: where the track should be by now, how large, and how it looked.
 * All faces are given away together at the least cost (global nearest neighbour; Blackman, Popoli 1999), where the
 * cost is minus twice the logarithm of a likelihood, so that what is uncertain (a face unseen for long, a new one)
 * yields to what is known. A face that no track explains better than the coming of somebody new gets the next id.
 */
export class Tracker {
  private tracks: readonly Track[] = [];
  private nextId: number;

  /** @param firstId ids of a session go on after a change of camera: none is given twice */
  constructor(
    private readonly spec: Tracking,
    firstId = 1,
  ) {
    this.nextId = firstId;
  }

  /** The id that the next new face will get. */
  get next(): number {
    return this.nextId;
  }

  /** The faces that are remembered, in view or not. */
  get ids(): ReadonlySet<number> {
    return new Set(this.tracks.map((track) => track.id));
  }

  /**
   * The ids of the faces of the next frame, in their order.
   *
   * @param boxes of the faces, pixels of the frame
   * @param time of the frame, seconds
   * @param appearances of the faces; null: places and sizes must do
   */
  update(boxes: readonly Box[], time: number, appearances: readonly Appearance[] | null = null): number[] {
    const { spec } = this;
    const alive = this.tracks.filter((track) => remembered(track, time, spec));
    const faces = facesOf(boxes, appearances, spec);
    const costs = alive.map((track) => faces.map((face) => costOf(track, face, time, spec)));
    const trackOf = new Map(assign(costs, spec.new_cost).map(([row, column]) => [column, alive[row]!]));
    const seen = faces.map((face, i) => {
      const track = trackOf.get(i);
      return track === undefined ? begin(this.nextId++, face, time, spec) : goOn(track, face, time, spec);
    });
    const matched = new Set(seen.map((track) => track.id));
    const unseen = alive.filter((track) => !matched.has(track.id)).map((track) => wait(track, faces, time, spec));
    this.tracks = [...unseen, ...seen];
    return seen.map((track) => track.id);
  }
}

/** The faces of a frame, and how well each could be measured. */
function facesOf(boxes: readonly Box[], appearances: readonly Appearance[] | null, spec: Tracking): Seen[] {
  const heads = boxes.map((box) => ({
    x: box.x + box.width / 2,
    y: box.y + box.height / 2,
    size: Math.max(1, sizeOf(box)),
  }));
  return heads.map((head, i) => ({
    ...head,
    factor: heads.some((other, j) => i !== j && covers(other, head.x, head.y, spec)) ? spec.overlapped_error : 1,
    appearance: appearances?.[i] ?? null,
  }));
}

/** Whether the head around a face reaches a place. */
function covers(head: Head, x: number, y: number, spec: Tracking): boolean {
  const reach = spec.head_reach * head.size;
  return Math.abs(head.x - x) <= reach && Math.abs(head.y - y) <= reach;
}

/** Whether a track may still find its face. */
function remembered(track: Track, time: number, spec: Tracking): boolean {
  const waited = track.waited + Math.max(0, time - track.checked);
  return waited <= spec.lost_after_s && time - track.seen <= spec.hidden_lost_after_s;
}

/** The track after a frame without its face: while somebody stands before it, it is not lost. */
function wait(track: Track, faces: readonly Seen[], time: number, spec: Tracking): Track {
  const { x, y } = predict(track.motion, track.speed, Math.max(0, time - track.seen), spec);
  const least = spec.hiding_size * Math.exp(track.size);
  const hidden = faces.some((face) => face.size >= least && covers(face, x, y, spec));
  const waited = track.waited + (hidden ? 0 : Math.max(0, time - track.checked));
  return { ...track, waited, checked: time };
}

function begin(id: number, face: Seen, time: number, spec: Tracking): Track {
  return {
    id,
    motion: atRest(face.x, face.y, spec),
    size: Math.log(face.size),
    pss: spec.size_error ** 2,
    speed: spec.calm_speed,
    seen: time,
    waited: 0,
    checked: time,
    appearance: face.appearance,
  };
}

/** The track with the face of the next frame. */
function goOn(track: Track, face: Seen, time: number, spec: Tracking): Track {
  const elapsed = time - track.seen;
  const now = { seen: time, waited: 0, checked: time };
  if (elapsed <= 0) {
    return { ...track, ...now };
  }
  const unit = Math.exp(track.size);
  const motion = correct(likelier(track, face, elapsed, spec).motion, face.x, face.y, face.factor * spec.place_error);
  const share = 1 - Math.exp(-elapsed / spec.habit_time_constant_s);
  const power = (motion.vx ** 2 + motion.vy ** 2) / (2 * unit * unit);
  const speed = Math.sqrt(Math.max(spec.calm_speed ** 2, track.speed ** 2 + share * (power - track.speed ** 2)));
  const variance = track.pss + spec.size_drift * elapsed;
  const gain = variance / (variance + (face.factor * spec.size_error) ** 2);
  const size = track.size + gain * (Math.log(face.size) - track.size);
  const appearance = blend(track.appearance, face, share);
  return { id: track.id, motion, size, pss: (1 - gain) * variance, speed, ...now, appearance };
}

/** The usual appearance; what another face covers is not taken in. */
function blend(before: Appearance | null, face: Seen, share: number): Appearance | null {
  const { appearance } = face;
  if (before === null || appearance === null) {
    return before ?? appearance;
  }
  return face.factor === 1 ? Array.from(before, (value, i) => value + share * (appearance[i]! - value)) : before;
}

/** Minus twice the logarithm of how likely a face is the next of a track, but for a constant. */
function costOf(track: Track, face: Seen, time: number, spec: Tracking): number {
  const elapsed = Math.max(0, time - track.seen);
  const variance = track.pss + spec.size_drift * elapsed + (face.factor * spec.size_error) ** 2;
  const step = Math.log(face.size) - track.size;
  const size = (step * step) / variance + Math.log(variance);
  return likelier(track, face, elapsed, spec).cost + size + unlike(track.appearance, face, spec);
}

/** How a track came to the place of a face, on its usual way or by a sudden move, and what that costs. */
function likelier(track: Track, face: Seen, elapsed: number, spec: Tracking): { motion: Motion; cost: number } {
  const unit = Math.exp(track.size);
  const usual = predict(track.motion, track.speed, elapsed, spec);
  const free = { ...track.motion, pvv: Math.max(track.motion.pvv, spec.sudden_speed ** 2) };
  const sudden = predict(free, spec.sudden_speed, elapsed, spec);
  const cost = off(usual, face, unit, spec);
  const surprise = off(sudden, face, unit, spec) + spec.sudden_cost;
  return cost <= surprise ? { motion: usual, cost } : { motion: sudden, cost: surprise };
}

/** Minus twice the logarithm of the density of a face's place, in face sizes, but for a constant. */
function off(motion: Motion, face: Seen, unit: number, spec: Tracking): number {
  const variance = motion.pxx + (face.factor * spec.place_error) ** 2;
  const distance = Math.hypot(face.x - motion.x, face.y - motion.y) / unit;
  return (distance * distance) / variance + 2 * Math.log(variance);
}

/** How unusual an appearance is; only so much of it counts, as light changes and hands pass by. */
function unlike(usual: Appearance | null, { appearance, factor }: Seen, spec: Tracking): number {
  if (usual === null || appearance === null) {
    return 0;
  }
  let sum = 0;
  for (let i = 0; i < usual.length; i++) {
    sum += (usual[i]! - appearance[i]!) ** 2;
  }
  return Math.min(sum / usual.length / (factor * spec.appearance_error) ** 2, spec.appearance_most);
}
