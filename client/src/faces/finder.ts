/** Finds the faces of single pictures. */
import type { Manifest, Mesh as MeshSpec } from "../generated/manifest.js";
import type { Model, Watch } from "../models.js";
import type { Box, Detection, Face, Region } from "../records.js";
import type { Pyramid } from "../sampling/pyramid.js";
import { boxOf, iou, longerSide, overlap } from "./boxes.js";
import { Detector } from "./detector.js";
import { Mesh } from "./mesh.js";
import { distinct, regionOfDetection, regionOfLandmarks } from "./regions.js";
import { viewMatrix, views } from "./views.js";

const LEAST_BATCH = 4; // detections that are read together even for a single place: several may be of one face

export interface FinderOptions {
  readonly maxFaces: number;
  readonly tiles: boolean; // look for small faces on overlapping tiles too
}

/** What became of detections. */
export interface Admission {
  readonly faces: readonly Face[]; // new, largest first
  readonly crowded: number; // detections that found no place
  readonly doubtful: readonly Detection[]; // detections in which no face proved to be
}

/** A face of the last frame as it is read in this one. */
export interface Followed {
  readonly face: Face;
  readonly doubtful: boolean; // read far from where it was expected, so that it may be beside the face
}

/** Detector and landmarks. Holds no state between pictures. */
export class FaceFinder {
  /** Seconds that one view of the detector took of late. */
  viewCost = 0;
  private readonly detector: Detector;
  private readonly mesh: Mesh;

  constructor(
    readonly manifest: Manifest,
    models: { readonly detector: Model; readonly mesh: Model },
    public options: FinderOptions,
    private readonly watch: Watch,
  ) {
    this.detector = new Detector(models.detector, manifest.detector);
    this.mesh = new Mesh(models.mesh, manifest.mesh);
  }

  /** What the detector looks at for pictures of this size. */
  views(width: number, height: number): Box[] {
    return views(width, height, this.manifest.detector, this.options.tiles);
  }

  /** The detections of some views, largest first; of doubles the one with the best score stays. */
  async detect(frame: Pyramid, where: readonly Box[]): Promise<Detection[]> {
    const { side, iou_threshold } = this.manifest.detector;
    const found = await this.watch.time("detect", async () => {
      const all: Detection[] = [];
      const start = this.watch.now();
      for (const view of where) {
        all.push(...(await this.detector.find(frame, viewMatrix(view, side))));
      }
      this.learnCost((this.watch.now() - start) / 1000, where.length);
      return all.sort((a, b) => b.score - a.score);
    });
    const kept: Detection[] = [];
    for (const detection of found) {
      if (kept.every((other) => iou(detection.box, other.box) <= iou_threshold)) {
        kept.push(detection);
      }
    }
    return kept.sort((a, b) => longest(b.box) - longest(a.box));
  }

  /**
   * The detections that prove to be faces and not ones that are present already. Where several views saw one face,
   * the reading with the best score stays: a region that is off, or only a part of a face, scores worse.
   *
   * @param detections largest first
   * @param present faces that hold their places
   * @param places how many may come
   */
  async admit(
    frame: Pyramid,
    detections: readonly Detection[],
    present: readonly Face[],
    places: number,
  ): Promise<Admission> {
    const spec = this.manifest.mesh;
    const candidates = this.unknown(detections, present);
    const size = Math.max(places, LEAST_BATCH);
    let read = 0;
    let proven: Face[] = [];
    let fresh: Face[] = [];
    while (read < candidates.length && fresh.length < places) {
      const regions = candidates.slice(read, read + size).map((detection) => regionOfDetection(detection, spec));
      read += size;
      proven = [...proven, ...(await this.settle(frame, regions))].sort((a, b) => b.score - a.score);
      fresh = distinct([...present, ...proven], spec).slice(present.length);
    }
    fresh.sort((a, b) => longerSide(b) - longerSide(a));
    const crowded = this.unknown(candidates.slice(read), proven).length + Math.max(0, fresh.length - places);
    const doubtful = this.unknown(candidates.slice(0, read), proven);
    return { faces: fresh.slice(0, places), crowded, doubtful };
  }

  /** The detections that are none of these faces. */
  unknown(detections: readonly Detection[], faces: readonly Face[]): Detection[] {
    const boxes = faces.map(boxOf);
    return detections.filter(({ box }) =>
      boxes.every((other) => overlap(box, other) <= this.manifest.mesh.overlap_threshold),
    );
  }

  /** The faces that are none of these detections; a small one at the edge of a face does not prove it. */
  unseen(faces: readonly Face[], detections: readonly Detection[]): Face[] {
    return faces.filter((face) =>
      detections.every(({ box }) => iou(box, boxOf(face)) <= this.manifest.mesh.overlap_threshold),
    );
  }

  /**
   * The same faces in the next frame, one for each; its score says whether there still is one.
   *
   * A face that moved since the last frame lies off the middle of its old region, and the landmarks that are read
   * there come only a part of the way; so it is read again where they point to until its region stays where it is.
   * From far off they may settle beside the face, sure of themselves: then it is doubtful.
   */
  follow(frame: Pyramid, faces: readonly Face[]): Promise<Followed[]> {
    const spec = this.manifest.mesh;
    return this.watch.time("landmarks", async () => {
      const before = faces.map((face) => regionOfLandmarks(face.landmarks, spec));
      const read = await this.mesh.read(frame, before);
      let shifts = read.map((face, i) => shiftOf(before[i]!, face, spec));
      for (let pass = 1; pass < spec.settled_passes; pass++) {
        const moved = shifts.flatMap((shift, i) => (shift > spec.settled_shift ? [i] : []));
        const regions = moved.map((i) => regionOfLandmarks(read[i]!.landmarks, spec));
        const again = await this.mesh.read(frame, regions);
        shifts = read.map(() => 0);
        moved.forEach((i, place) => {
          read[i] = again[place]!;
          shifts[i] = shiftOf(regions[place]!, read[i], spec);
        });
      }
      return read.map((face, i) => ({ face, doubtful: shiftOf(before[i]!, face, spec) > spec.doubtful_shift }));
    });
  }

  private read(frame: Pyramid, regions: readonly Region[]): Promise<Face[]> {
    return this.watch.time("landmarks", () => this.mesh.read(frame, regions));
  }

  private learnCost(seconds: number, views: number): void {
    if (views > 0) {
      const share = this.viewCost === 0 ? 1 : 0.3;
      this.viewCost += share * (seconds / views - this.viewCost);
    }
  }

  /**
   * Reads new faces, again on the region of their own landmarks, until the region has settled. The detector's box is
   * loose and, for tilted faces, its angle too; a face that the first reading only hints at is often plain in the
   * second.
   */
  private async settle(frame: Pyramid, first: readonly Region[]): Promise<Face[]> {
    const spec = this.manifest.mesh;
    let regions = first;
    for (let pass = 1; pass < spec.passes; pass++) {
      const hints = (await this.read(frame, regions)).filter((face) => face.score >= spec.hint_threshold);
      regions = hints.map((face) => regionOfLandmarks(face.landmarks, spec));
    }
    return (await this.read(frame, regions)).filter((face) => face.score >= spec.presence_threshold);
  }
}

/** How far a face was read from the middle of its region, or how much larger, over the side; 0: no face. */
function shiftOf(region: Region, face: Face, spec: MeshSpec): number {
  if (face.score < spec.presence_threshold) {
    return 0;
  }
  const now = regionOfLandmarks(face.landmarks, spec);
  return Math.max(Math.hypot(now.x - region.x, now.y - region.y), Math.abs(now.side - region.side)) / now.side;
}

function longest(box: Box): number {
  return Math.max(box.width, box.height);
}
