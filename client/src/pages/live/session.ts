/**
 * A live session: source -> newest frame -> worker -> result. The only place that starts and stops things.
 *
 * One frame is in flight; the frame of the last result is held here until the next one replaces it.
 */
import { openCamera, type OpenCamera } from "../../camera/camera.js";
import { openVideo, readPhoto, type FileKind } from "../../camera/files.js";
import { VideoFrames, type Frame, type Grabbed } from "../../camera/frames.js";
import { cameraTrouble, FileError } from "../../camera/problems.js";
import type { AnalysisOptions, Flags } from "../../worker/messages.js";
import { Analysis, type Failure, type Ready, type Result, type WorkerPort } from "./analysis.js";
import { idleState, type LiveState, type Source, type Trouble } from "./state.js";

export interface SessionSetup {
  readonly createWorker: () => WorkerPort;
  readonly base: string; // address of the application
  readonly flags: Flags;
  readonly video: HTMLVideoElement; // plays the camera or the file
  readonly options: () => AnalysisOptions;
  readonly onState: (state: LiveState) => void;
  /** `taken`: when the camera took the frame, ms on the page's clock; null for a photo. */
  readonly onResult: (result: Result, taken: number | null) => void;
  readonly onVideoFrame: () => void; // the video shows another picture, analysed or not
}

/** A result that is not on the screen yet. */
interface Unseen {
  readonly result: Result;
  readonly taken: number | null; // when the camera took its frame
}

export class LiveSession {
  #state: LiveState = idleState;
  #analysis: Analysis | null = null;
  #camera: OpenCamera | null = null;
  #frames: VideoFrames | null = null;
  #photo: Frame | null = null; // waits for the worker
  #releaseFile: (() => void) | null = null;
  #attempt = 0; // starting again makes what is still under way stale
  #held: Frame | null = null;
  #taken: number | null = null; // of the frame in flight
  #unseen: Unseen | null = null; // waits until the worker has the pixels of the next frame

  constructor(private readonly setup: SessionSetup) {}

  get state(): LiveState {
    return this.#state;
  }

  /** The frame of the last result; closed when the next one comes. */
  get frame(): Frame | null {
    return this.#held;
  }

  /** Gets the models ready before anybody asks for faces. If that fails, starting tries again, and tells. */
  prepare(): void {
    this.#open();
  }

  /** Asks for the camera and analyses it until `stop`. Troubles become part of the state. */
  async startCamera(deviceId: string | null): Promise<void> {
    const attempt = this.#begin("asking");
    this.#open();
    try {
      const camera = await openCamera(deviceId, () => { this.#fail({ kind: "camera", code: "takenAway" }); });
      if (attempt !== this.#attempt) {
        camera.stop();
        return;
      }
      this.#camera = camera;
      const { video } = this.setup;
      video.srcObject = camera.stream;
      this.#update({ cameraOn: true });
      await this.#play({ kind: "camera", label: camera.label, deviceId: camera.deviceId }, true, attempt);
    } catch (error) {
      if (attempt === this.#attempt) this.#fail({ kind: "camera", code: cameraTrouble(error) });
    }
  }

  /** Analyses a photo or a video file. */
  async startFile(file: File, kind: FileKind): Promise<void> {
    const attempt = this.#begin("starting");
    this.#open();
    try {
      if (kind === "photo") await this.#startPhoto(file, attempt);
      else await this.#startVideo(file, attempt);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (!(error instanceof FileError)) throw error;
      this.#fail({ kind: "file", code: error.trouble });
    }
  }

  /** A file that is neither photo nor video. */
  refuseFile(): void {
    this.#begin("stopped");
    this.#fail({ kind: "file", code: "kind" });
  }

  /** Ends everything that runs; the camera's indicator goes out. */
  stop(): void {
    this.#attempt++;
    this.#letGo();
    this.#update({ phase: this.#state.phase === "idle" ? "idle" : "stopped", source: null, trouble: null, loading: null });
  }

  pause(): void {
    if (this.#state.phase !== "running" || this.#state.source?.kind === "photo") return;
    this.setup.video.pause();
    this.#update({ phase: "paused" });
  }

  async resume(): Promise<void> {
    if (this.#state.phase !== "paused") return;
    this.#update({ phase: "running" });
    if (this.setup.video.ended) this.#analysis?.reset(); // it starts again from the beginning
    if (this.#frames !== null) await this.setup.video.play();
    this.#next();
  }

  /** A hidden tab analyses nothing; a visible one goes on. */
  setHidden(hidden: boolean): void {
    this.#update({ hidden });
    if (!hidden) this.#next();
  }

  /** Settings changed: they hold from the next frame on; a photo is read again. */
  applyOptions(): void {
    this.#analysis?.options(this.setup.options());
    if (this.#state.source?.kind === "photo") void this.#again();
  }

  /** After a jump in a video: who was seen is forgotten, the picture there is read. */
  seek(seconds: number): void {
    this.setup.video.currentTime = seconds;
    this.#analysis?.reset();
    this.#frames?.want();
  }

  /** Lets go of worker, camera and frames. */
  close(): void {
    this.stop();
    this.#analysis?.close();
    this.#analysis = null;
    this.#hold(null);
  }

  async #startPhoto(file: File, attempt: number): Promise<void> {
    const photo = await readPhoto(file);
    if (attempt !== this.#attempt) {
      photo.close();
      return;
    }
    this.#photo = photo;
    this.#update({ source: { kind: "photo", name: file.name } });
    this.#next();
  }

  async #startVideo(file: File, attempt: number): Promise<void> {
    const release = await openVideo(this.setup.video, file);
    if (attempt !== this.#attempt) {
      release();
      return;
    }
    this.#releaseFile = release;
    await this.#play({ kind: "video", name: file.name }, false, attempt);
  }

  async #play(source: Source, live: boolean, attempt: number): Promise<void> {
    const { video, flags, onVideoFrame } = this.setup;
    const deliver = ({ frame, time, taken }: Grabbed): void => {
      if (this.#analysis?.free === true && !this.#state.hidden) {
        this.#taken = taken;
        this.#analysis.frame(frame, time, false);
      } else {
        frame.close();
      }
    };
    if (!live) video.addEventListener("ended", this.#onEnded);
    this.#frames = new VideoFrames(video, live, flags.noVideoFrame, deliver, onVideoFrame);
    this.#update({ phase: "starting", source });
    // A film waits for the models, so that nothing of it is missed; a camera shows its picture meanwhile.
    if (live || this.#analysis?.free === true) await video.play();
    if (attempt === this.#attempt) this.#next();
  }

  /** Asks for the next frame if there is somebody to take it. */
  #next(): void {
    if (this.#analysis?.free !== true || this.#state.hidden) return;
    if (this.#photo !== null) {
      const photo = this.#photo;
      this.#photo = null;
      this.#taken = null;
      this.#analysis.frame(photo, 0, true);
    } else if (this.#state.phase === "starting" || this.#state.phase === "running") {
      this.#frames?.want();
    }
  }

  async #again(): Promise<void> {
    const { phase } = this.#state;
    if (this.#held === null || this.#photo !== null || (phase !== "running" && phase !== "paused")) return;
    const attempt = this.#attempt;
    const copy = await createImageBitmap(this.#held);
    if (attempt === this.#attempt) {
      this.#photo = copy;
      this.#next();
    } else {
      copy.close();
    }
  }

  #begin(phase: "asking" | "starting" | "stopped"): number {
    this.#letGo();
    this.#analysis?.reset();
    this.#update({ phase, trouble: null, source: null });
    return ++this.#attempt;
  }

  #open(): void {
    const { createWorker, base, options, flags } = this.setup;
    this.#analysis ??= new Analysis(createWorker(), base, options(), flags, {
      loading: ({ what, loaded, total }) => { this.#update({ loading: { what, loaded, total } }); },
      ready: (message) => { this.#ready(message); },
      read: () => { this.#show(); },
      result: (message) => { this.#result(message); },
      server: ({ trouble, retryInSeconds }) => { this.#update({ server: { trouble, retryInSeconds } }); },
      failed: (message) => { this.#failed(message); },
    });
  }

  #ready({ manifest, backend, threads }: Ready): void {
    this.#update({ manifest, backend, threads, loading: null });
    if (this.#state.source?.kind === "video") void this.setup.video.play();
    this.#next();
  }

  #result(result: Result): void {
    if (this.#analysis?.current(result) !== true || this.#state.source === null) {
      result.frame.close();
      this.#next();
      return;
    }
    if (this.#state.phase === "starting") this.#update({ phase: "running" });
    this.#show(); // the one before, if that still waits
    this.#unseen = { result, taken: this.#taken };
    this.#next(); // first: the worker goes on while this one is drawn
    // Reading a frame takes a millisecond, but Chromium does it with the page's help: not while the page draws.
    if (this.#analysis.free) this.#show();
  }

  /** Shows the last result, if that still waits. Until then the frame before it is on the screen, and stays open. */
  #show(): void {
    const unseen = this.#unseen;
    if (unseen === null) return;
    this.#unseen = null;
    this.#hold(unseen.result.frame);
    this.setup.onResult(unseen.result, unseen.taken);
  }

  #failed({ code, detail, fatal }: Failure): void {
    this.#show();
    if (!fatal) {
      this.#next();
      return;
    }
    this.#analysis?.close();
    this.#analysis = null;
    if (this.#state.phase === "idle") this.#update({ loading: null });
    else this.#fail({ kind: "worker", code, detail });
  }

  #fail(trouble: Trouble): void {
    this.#attempt++;
    this.#letGo();
    this.#update({ phase: "stopped", source: null, loading: null, trouble });
  }

  readonly #onEnded = (): void => {
    this.pause();
  };

  #letGo(): void {
    this.setup.video.removeEventListener("ended", this.#onEnded);
    this.#frames?.stop();
    this.#frames = null;
    this.#camera?.stop();
    this.#camera = null;
    this.#photo?.close();
    this.#photo = null;
    this.#unseen?.result.frame.close();
    this.#unseen = null;
    this.setup.video.srcObject = null;
    this.#releaseFile?.();
    this.#releaseFile = null;
    this.#update({ cameraOn: false });
  }

  #hold(frame: Frame | null): void {
    this.#held?.close();
    this.#held = frame;
  }

  #update(change: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...change };
    this.setup.onState(this.#state);
  }
}
