/** The order: find or follow, crop, classify, smooth. No other module of the worker knows it. */
import { appearance } from "../crops/appearance.js";
import { Cropper } from "../crops/stack.js";
import { emotionOf } from "../emotion/answers.js";
import { DeviceClassifier } from "../emotion/classifier.js";
import { FaceFinder } from "../faces/finder.js";
import { FaceFollower, type Seen } from "../faces/follower.js";
import type { Analysis as Answer } from "../generated/api.js";
import type { Manifest } from "../generated/manifest.js";
import type { Model } from "../models.js";
import type { Face, Person, Pixels } from "../records.js";
import { Pyramid } from "../sampling/pyramid.js";
import { People } from "../temporal/people.js";
import { ClassifySchedule } from "./classify-schedule.js";
import { hintsOf } from "./hints.js";
import type { AnalysisOptions, Hints, Timing } from "./messages.js";
import { ServerLink, type ServerReport } from "./server-link.js";
import { Stopwatch } from "./stopwatch.js";

const STALE_S = 1; // a face whose last answer is older is classified on the device
const LONGEST_STEP_S = 2; // of the stream's clock for one frame, however long the frame before took to analyse
const LIVE_TIMEOUT_MS = 2_000; // an answer about a live frame is worthless later
const STILL_TIMEOUT_MS = 10_000;

/** The models that run on the device. */
export interface Models {
  readonly detector: Model;
  readonly mesh: Model;
  readonly primary: Model;
  readonly gate: Model | null; // may be `primary` itself
}

/** What the pipeline needs of the world around it. */
export interface Surroundings {
  readonly now: () => number; // milliseconds, rising
  readonly spread: () => number; // in [0, 1)
  readonly encode: (stack: Pixels) => Promise<Blob>;
  readonly ask: (crops: Blob, signal: AbortSignal) => Promise<Answer>;
  readonly report: (report: ServerReport) => void;
  /** Takes an error of our own that came up outside of a frame. */
  readonly broken: (error: unknown) => void;
}

export interface Outcome {
  readonly people: readonly Person[]; // by id
  readonly hints: Hints;
  readonly timing: Omit<Timing, "copy" | "total">;
}

export class Pipeline {
  private readonly pyramid = new Pyramid();
  private readonly watch: Stopwatch;
  private readonly cropper: Cropper;
  private readonly classifier: DeviceClassifier;
  private readonly finder: FaceFinder;
  private readonly schedule: ClassifySchedule;
  private readonly link: ServerLink;
  private readonly answeredAt = new Map<number, number>(); // track -> seconds of its last answer by the server
  private follower: FaceFollower;
  private people: People;
  private time = Number.NEGATIVE_INFINITY;
  private spent = 0; // seconds that the last frame took
  private skipped = 0; // seconds that the stream's clock is behind the frames' times
  private roundTrip: number | null = null;

  constructor(
    private readonly manifest: Manifest,
    models: Models,
    private options: AnalysisOptions,
    private readonly around: Surroundings,
  ) {
    this.watch = new Stopwatch(around.now);
    this.cropper = new Cropper(manifest.crop);
    this.classifier = new DeviceClassifier(manifest, models.primary, models.gate);
    this.finder = new FaceFinder(manifest, models, options, this.watch);
    this.follower = new FaceFollower(this.finder);
    this.schedule = new ClassifySchedule(manifest.smoothing.classify_per_second);
    this.people = new People(manifest, options.smoothing);
    this.link = new ServerLink({
      bundle: `${manifest.name}@${manifest.version}`,
      perSecond: manifest.smoothing.classify_per_second,
      now: () => around.now() / 1000,
      report: around.report,
      spread: around.spread,
    });
  }

  /** Takes other options; who is in view keeps their id. */
  retune(options: AnalysisOptions): void {
    if (options.smoothing !== this.options.smoothing) {
      this.people.retune(options.smoothing);
      this.schedule.reset(); // everybody is classified in the next frame, so that nobody is without a label
    }
    if (options.mode !== this.options.mode || options.token !== this.options.token) {
      this.link.reset();
      this.answeredAt.clear();
      this.roundTrip = null;
    }
    this.finder.options = options;
    this.options = options;
  }

  /** Forgets who was in view; ids go on. */
  reset(): void {
    this.follower = new FaceFollower(this.finder);
    this.people = new People(this.manifest, this.options.smoothing, this.people.nextId);
    this.schedule.reset();
    this.link.reset();
    this.answeredAt.clear();
    this.time = Number.NEGATIVE_INFINITY;
    this.spent = 0;
    this.skipped = 0;
  }

  /**
   * The people of the next frame of a stream.
   *
   * @param time seconds; going back means another place of a video, where other people are
   */
  async frame(pixels: Pixels, time: number): Promise<Outcome> {
    const began = this.around.now();
    const clock = this.advance(time);
    this.pyramid.load(pixels);
    const seen = await this.follower.step(this.pyramid, clock);
    const looks = this.watch.timeNow("crops", () =>
      seen.faces.map(({ landmarks }) => appearance(this.pyramid, landmarks, this.manifest.crop)),
    );
    const ids = this.people.see(seen.faces, clock, looks);
    this.forgetOthers(ids);
    const waiting = this.options.mode === "server" ? await this.askServer(seen.faces, ids, clock) : ids;
    await this.classify(seen.faces, ids, this.schedule.due(waiting, clock), clock);
    this.spent = (this.around.now() - began) / 1000;
    return this.outcome(seen);
  }

  /**
   * The stream's clock. A frame that takes long, as the first ones do, keeps the next one waiting; nobody has left
   * meanwhile, so that time counts only in part.
   */
  private advance(time: number): number {
    if (time < this.time) {
      this.reset();
    }
    const elapsed = this.time === Number.NEGATIVE_INFINITY ? 0 : time - this.time;
    this.skipped += Math.max(0, Math.min(elapsed, this.spent) - LONGEST_STEP_S);
    this.time = time;
    return time - this.skipped;
  }

  /** The people of a photograph: everything at once, nothing smoothed, nothing remembered. */
  async still(pixels: Pixels): Promise<Outcome> {
    this.reset();
    this.pyramid.load(pixels);
    const { width, height } = pixels;
    const places = this.options.maxFaces;
    const detections = await this.finder.detect(this.pyramid, this.finder.views(width, height));
    const seen = await this.finder.admit(this.pyramid, detections, [], places);
    this.people = new People(this.manifest, 0, this.people.nextId);
    const ids = this.people.see(seen.faces, 0);
    if (this.options.mode === "server" && ids.length > 0 && this.link.free) {
      await this.send(await this.encoded(seen.faces), ids, STILL_TIMEOUT_MS);
      this.takeAnswer(0);
    }
    await this.classify(seen.faces, ids, ids.filter((id) => !this.answeredAt.has(id)), 0);
    const outcome = this.outcome(seen);
    this.people = new People(this.manifest, this.options.smoothing, this.people.nextId);
    return outcome;
  }

  /** Gives memory and connections back. */
  close(): void {
    this.link.reset();
    this.pyramid.clear();
  }

  /** Takes the server's last answer, asks the next question, and says whom the device must classify meanwhile. */
  private async askServer(faces: readonly Face[], ids: readonly number[], time: number): Promise<readonly number[]> {
    this.takeAnswer(time);
    if (ids.length > 0 && this.link.due) {
      const crops = await this.encoded(faces);
      this.send(crops, ids, LIVE_TIMEOUT_MS).catch(this.around.broken); // the answer comes in a later frame
    }
    const now = this.around.now() / 1000;
    return ids.filter((id) => now - (this.answeredAt.get(id) ?? Number.NEGATIVE_INFINITY) > STALE_S);
  }

  private send(crops: Blob, ids: readonly number[], timeoutMs: number): Promise<void> {
    return this.link.ask(ids, timeoutMs, (signal) => this.around.ask(crops, signal));
  }

  private encoded(faces: readonly Face[]): Promise<Blob> {
    const { specific, primary } = this.manifest;
    const side = specific?.side ?? primary.side;
    return this.watch.time("crops", () => this.around.encode(this.cropper.stack(this.pyramid, faces, side)));
  }

  private takeAnswer(time: number): void {
    const answered = this.link.take();
    if (answered === null) {
      return;
    }
    this.roundTrip = answered.roundTripMs;
    answered.tracks.forEach((id, index) => {
      this.people.judge(id, emotionOf(answered.answer.faces[index]!, this.manifest), time, "server");
      this.answeredAt.set(id, this.around.now() / 1000);
    });
  }

  private async classify(
    faces: readonly Face[],
    ids: readonly number[],
    chosen: readonly number[],
    time: number,
  ): Promise<void> {
    if (chosen.length === 0) {
      return;
    }
    const these = chosen.map((id) => faces[ids.indexOf(id)]!);
    const emotions = await this.watch.time("emotion", () =>
      this.classifier.classify((side) => this.crops(these, side), these.length),
    );
    chosen.forEach((id, index) => {
      this.people.judge(id, emotions[index]!, time, "device");
    });
  }

  private crops(faces: readonly Face[], side: number): Uint8Array {
    const stack = this.watch.timeNow("crops", () => this.cropper.stack(this.pyramid, faces, side));
    return stack.data as Uint8Array;
  }

  private forgetOthers(ids: readonly number[]): void {
    const present = new Set(ids);
    this.schedule.keep(present);
    for (const id of this.answeredAt.keys()) {
      if (!present.has(id)) {
        this.answeredAt.delete(id);
      }
    }
  }

  private outcome(seen: Seen): Outcome {
    return {
      people: this.people.people(),
      hints: hintsOf(this.pyramid.level(0), seen),
      timing: { ...this.watch.take(), server: this.roundTrip },
    };
  }
}
