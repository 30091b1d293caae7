/** Who is who: gives each face of a stream an id that stays while others come, go or cross. */
import type { Smoothing } from "../generated/manifest.js";
import type { Box } from "../records.js";
import { assign } from "./assignment.js";

const FORBIDDEN = 3; // more than any allowed pair costs

/** What is remembered of a face; lengths in pixels, speeds in pixels a second. */
interface Track {
  readonly id: number;
  readonly x: number; // centre when last seen
  readonly y: number;
  readonly size: number;
  readonly vx: number;
  readonly vy: number;
  readonly seen: number; // seconds
}

/** The size of a face: the geometric mean of its box's width and height, pixels. */
export function sizeOf(box: Box): number {
  return Math.sqrt(Math.max(0, box.width) * Math.max(0, box.height));
}

/** The tracks of one stream. */
export class Tracker {
  private tracks: readonly Track[] = [];
  private nextId: number;

  /** @param firstId ids of a session go on after a change of camera: none is given twice */
  constructor(
    private readonly spec: Smoothing,
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
   * Each face goes to the track that expects it there and at that size (`cost`), all together at the least cost; a
   * face without a track gets the next id.
   *
   * @param boxes of the faces, pixels of the frame
   * @param time of the frame, seconds
   */
  update(boxes: readonly Box[], time: number): number[] {
    const alive = this.tracks.filter((track) => time - track.seen <= this.spec.track_lost_after_s);
    const costs = alive.map((track) => boxes.map((box) => cost(track, box, time, this.spec)));
    const trackOf = new Map(assign(costs, FORBIDDEN).map(([row, column]) => [column, alive[row]!]));
    const seen = boxes.map((box, i) => this.proceed(trackOf.get(i), box, time));
    const matched = new Set(seen.map((track) => track.id));
    this.tracks = [...alive.filter((track) => !matched.has(track.id)), ...seen];
    return seen.map((track) => track.id);
  }

  private proceed(before: Track | undefined, box: Box, time: number): Track {
    const x = box.x + box.width / 2;
    const y = box.y + box.height / 2;
    const size = sizeOf(box);
    const track = before ?? { id: this.nextId++, x, y, size, vx: 0, vy: 0, seen: time };
    const elapsed = time - track.seen;
    let { vx, vy } = track;
    if (elapsed > 0) {
      const share = 1 - Math.exp(-elapsed / this.spec.velocity_time_constant_s);
      vx += share * ((x - track.x) / elapsed - vx);
      vy += share * ((y - track.y) / elapsed - vy);
    }
    return { id: track.id, x, y, size, vx, vy, seen: time };
  }
}

/**
 * How badly a face fits a track: 0 is perfect, up to 1 it can be the same face, else FORBIDDEN.
 *
 * Distance from where the track should be by now, in units of the allowed jump, and ratio of sizes, in units of the
 * allowed one, count like the legs of a right triangle. The longer a track is unseen, the farther its face may be, up
 * to twice; but a track that was seen just now has the first claim.
 */
function cost(track: Track, box: Box, time: number, spec: Smoothing): number {
  const unseen = Math.max(0, time - track.seen);
  const size = sizeOf(box);
  if (size <= 0 || track.size <= 0) {
    return FORBIDDEN;
  }
  const share = unseen / spec.track_lost_after_s;
  const dx = box.x + box.width / 2 - (track.x + track.vx * unseen);
  const dy = box.y + box.height / 2 - (track.y + track.vy * unseen);
  const jump = Math.hypot(dx, dy) / ((size + track.size) / 2) / (spec.match_distance * (1 + share));
  const ratio = Math.log(size / track.size) / Math.log(spec.match_ratio);
  const misfit = Math.hypot(jump, ratio);
  return misfit <= 1 ? misfit + spec.match_unseen * share : FORBIDDEN;
}
