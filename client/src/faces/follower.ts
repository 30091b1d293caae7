/** Follows faces from frame to frame, and looks for new ones a little in every frame. */
import type { Box, Detection, Face } from "../records.js";
import type { Pyramid } from "../sampling/pyramid.js";
import { boxOf, overlap } from "./boxes.js";
import type { FaceFinder } from "./finder.js";
import { Looks } from "./looks.js";
import { distinct } from "./regions.js";

const CENSUS_EVERY_S = 1; // with no place free, the detector only counts who is left out
const BESIDE = 1; // sizes of a face: landmarks that settle beside a face are not farther from it
const TOUCHING = 0.1; // overlap of two faces from which landmarks may have slipped from one to the other
const UNKNOWN_FOR_S = 0.1; // a face whose speed is not known yet is where it was for no longer

/** The faces of a frame, and what was seen beyond them when the detector last looked. */
export interface Seen {
  readonly faces: readonly Face[]; // those that are followed first, then new ones
  readonly crowded: number; // faces without a place
  readonly doubtful: readonly Detection[]; // detections in which no face proved to be
}

/**
 * The faces of one stream. A face that is followed keeps its place; free places go to the largest.
 *
 * Faces are followed by their landmarks alone, from where they should be if they go on as they went. While a place is
 * free, the detector's views take turns (`Looks`), so that no frame pays for all of them. Where a face was lost, or
 * moved so far that its landmarks may have settled beside it, or had appeared only just, the detector looks at once.
 */
export class FaceFollower {
  private faces: readonly Face[] = [];
  private speeds: readonly (Speed | null)[] = []; // of the faces; null: new
  private looks = new Looks([], 1); // made anew for the first frame
  private size = "";
  private time = 0;
  private counted = Number.NEGATIVE_INFINITY;
  private crowded = 0;
  private doubtful: readonly Detection[] = [];

  constructor(private readonly finder: FaceFinder) {}

  /**
   * The faces of the next frame.
   *
   * @param time of the frame, seconds
   */
  async step(frame: Pyramid, time: number): Promise<Seen> {
    const elapsed = this.prepare(frame, time);
    const { options, manifest } = this.finder;
    const followed = await this.finder.follow(frame, this.expected(elapsed));
    const before = new Map(followed.map(({ face }, i) => [face, this.faces[i]!]));
    const there = followed.filter(({ face }) => face.score >= manifest.mesh.presence_threshold);
    const hasty = new Set(elapsed > UNKNOWN_FOR_S ? this.faces.filter((_, i) => this.speeds[i] === null) : []);
    const unsure = there.map((each) => each.doubtful || hasty.has(before.get(each.face)!));
    const sure = distinct(there.filter((_, i) => !unsure[i]).map(({ face }) => face), manifest.mesh);
    const kept = sure.slice(0, options.maxFaces);
    const doubtful = there.filter((_, i) => unsure[i]).map(({ face }) => face);
    const lost = followed.filter(({ face }) => face.score < manifest.mesh.presence_threshold).map(({ face }) => before.get(face)!);
    if (kept.length < options.maxFaces) {
      const places = options.maxFaces - (doubtful.length > 0 ? 0 : kept.length); // doubtful faces come before new ones
      const { found, fresh } = await this.search(frame, [...lost, ...doubtful].map(boxOf), kept, places);
      // A face that the detector does not see, beside one that it found, is the echo of that one: landmarks that
      // stayed behind when it moved.
      const ghosts = this.finder.unseen(kept, found).filter((face) => nearest(face, fresh) !== null);
      const real = kept.filter((face) => !ghosts.includes(face));
      kept.splice(0, kept.length, ...real, ...this.settle(fresh, [...doubtful, ...ghosts], real, before));
    } else if (time - this.counted >= CENSUS_EVERY_S) {
      await this.census(frame, kept, time);
    }
    this.faces = distinct(kept, manifest.mesh).slice(0, options.maxFaces);
    this.crowded += Math.max(0, kept.length - options.maxFaces);
    this.speeds = this.faces.map((face) => speedOf(before.get(face), face, elapsed));
    return { faces: this.faces, crowded: this.crowded, doubtful: this.doubtful };
  }

  /**
   * Doubtful faces, those that the detector found again in their new place, then faces that are new. One that it does
   * not confirm and that lies on a face that is sure is a part of that one.
   */
  private settle(
    found: readonly Face[],
    doubtful: readonly Face[],
    sure: readonly Face[],
    before: Map<Face, Face>,
  ): Face[] {
    const again = new Map<Face, Face>();
    for (const face of found) {
      const old = nearest(face, doubtful);
      if (old !== null) {
        again.set(face, old);
        before.set(face, before.get(old)!);
      }
    }
    const replaced = new Set(again.values());
    const touches = (face: Face): boolean => sure.some((other) => overlap(boxOf(face), boxOf(other)) > TOUCHING);
    return [
      ...again.keys(),
      ...doubtful.filter((face) => !replaced.has(face) && !touches(face)),
      ...found.filter((face) => !again.has(face)),
    ];
  }

  /** The faces where they should be by now, if they go on as they went. */
  private expected(elapsed: number): Face[] {
    const tau = this.finder.manifest.tracking.speed_time_constant_s;
    const gone = tau * (1 - Math.exp(-elapsed / tau));
    return this.faces.map(({ landmarks, score }, i) => {
      const step = this.speeds[i];
      if (step === undefined || step === null) {
        return { landmarks, score };
      }
      const moved = landmarks.map((value, at) => value + (at % 3 === 0 ? gone * step.x : at % 3 === 1 ? gone * step.y : 0));
      return { landmarks: moved, score };
    });
  }

  /** Looks for new faces where it is time to. */
  private async search(frame: Pyramid, lost: readonly Box[], kept: readonly Face[], places: number): Promise<Found> {
    const due = this.looks.due(frame, lost, kept.map(boxOf));
    if (due.length === 0) {
      return { found: [], fresh: [] };
    }
    const found = await this.finder.detect(frame, due);
    const admission = await this.finder.admit(frame, found, kept, places);
    this.crowded = admission.crowded;
    this.doubtful = admission.doubtful;
    return { found, fresh: admission.faces };
  }

  private async census(frame: Pyramid, kept: readonly Face[], time: number): Promise<void> {
    this.counted = time;
    const found = await this.finder.detect(frame, this.looks.views.slice(0, 1));
    this.crowded = this.finder.unknown(found, kept).length;
    this.doubtful = [];
  }

  /** Starts anew where the size changed; else gains looks for the time gone by, which is answered. */
  private prepare(frame: Pyramid, time: number): number {
    const { width, height } = frame.level(0);
    const size = `${width} x ${height}`;
    let elapsed = Math.max(0, time - this.time);
    if (size !== this.size) {
      this.faces = [];
      this.speeds = [];
      this.crowded = 0;
      this.doubtful = [];
      this.counted = Number.NEGATIVE_INFINITY;
    }
    const views = this.finder.views(width, height);
    if (size !== this.size || views.length !== this.looks.views.length) {
      this.looks = new Looks(views, this.finder.manifest.smoothing.detect_every_s);
      elapsed = 0;
    } else {
      this.looks.earn(elapsed, this.finder.viewCost);
    }
    this.size = size;
    this.time = time;
    return elapsed;
  }
}

/** What the detector found, and which of it are new faces. */
interface Found {
  readonly found: readonly Detection[];
  readonly fresh: readonly Face[];
}

/** Pixels a second. */
interface Speed {
  readonly x: number;
  readonly y: number;
}

/** How fast a face moved on average over its landmarks; null: it is new. */
function speedOf(before: Face | undefined, now: Face, elapsed: number): Speed | null {
  if (before === undefined) {
    return null;
  }
  if (elapsed <= 0) {
    return { x: 0, y: 0 };
  }
  let x = 0, y = 0;
  for (let i = 0; i < now.landmarks.length; i += 3) {
    x += now.landmarks[i]! - before.landmarks[i]!;
    y += now.landmarks[i + 1]! - before.landmarks[i + 1]!;
  }
  const share = 3 / now.landmarks.length / elapsed;
  return { x: share * x, y: share * y };
}

/** The doubtful face that was read beside this one; null: too far from all. */
function nearest(face: Face, doubtful: readonly Face[]): Face | null {
  const a = boxOf(face);
  let best: Face | null = null, least = BESIDE;
  for (const other of doubtful) {
    const b = boxOf(other);
    const off = Math.hypot(a.x - b.x + (a.width - b.width) / 2, a.y - b.y + (a.height - b.height) / 2);
    const distance = off / Math.max(a.width, a.height, b.width, b.height);
    if (distance < least) {
      [best, least] = [other, distance];
    }
  }
  return best;
}
