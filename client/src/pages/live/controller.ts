/**
 * What the live page does, without how it looks: settings, session, results at the pace of a reader, files, keys.
 */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import { listCameras, watchCameras, type CameraDevice } from "../../camera/camera.js";
import { kindOf } from "../../camera/files.js";
import type { CaptureController, Shot } from "../../capture/controller.js";
import { takeShot } from "../../capture/shot.js";
import type { Mode, Person } from "../../records.js";
import { Announcer } from "../../view/announcer.js";
import { Palette } from "../../view/palette.js";
import { defaults, loadSettings, saveSettings, type Settings } from "../../view/settings.js";
import type { DasaStage } from "../../view/stage.js";
import type { AnalysisOptions, Flags } from "../../worker/messages.js";
import { t } from "../../words/index.js";
import type { Result, WorkerPort } from "./analysis.js";
import type { Playback } from "./bar.js";
import { shortcutOf, type Shortcut } from "./keys.js";
import { ResultLog, saveCsv } from "./log.js";
import { hintText, serverText } from "./overlay.js";
import { LiveSession } from "./session.js";
import { idleState, type LiveState } from "./state.js";

const PANELS_EVERY_MS = 200; // lists and numbers change at a pace that can be read

/** The settings that the worker knows; the others only change how things look. */
const analysisSettings = ["mode", "maxFaces", "smoothing", "tiles", "webgpu"] as const;

/** What the page needs from outside, and what the controller asks of the page. */
export interface LiveSetup {
  readonly createWorker: () => WorkerPort;
  readonly createEncoder: () => WorkerPort; // the picture worker
  readonly base: string; // address of the application
  readonly flags: Flags;
}

export interface LiveHost extends ReactiveControllerHost {
  readonly stage: DasaStage;
  readonly captures: CaptureController;
  askConsent(): void;
  showHelp(): void;
  markEvent(): void;
}

export class LiveController implements ReactiveController {
  live: LiveState = idleState;
  settings: Settings = loadSettings(localStorage);
  readonly told = this.settings.captured; // where screenshots go, on an earlier visit: a line that leaves would shift the page
  people: readonly Person[] = [];
  cameras: readonly CameraDevice[] = [];
  palette: Palette | null = null;
  online = navigator.onLine;
  dropping = false; // a file is held over the page
  kept = true; // the browser stores settings
  result: Result | null = null; // the last one; its frame belongs to the session
  readonly log = new ResultLog();

  readonly #announcer = new Announcer();
  readonly #shortcuts: Readonly<Record<Shortcut, () => void>> = {
    capture: () => { this.host.captures.take(); },
    countdown: () => { if (this.ready) this.host.captures.toggleCountdown(); },
    undo: () => { this.host.captures.undoLast(); },
    pause: () => { this.toggle(); },
    mode: () => { this.setMode(this.settings.mode === "device" ? "server" : "device"); },
    event: () => { this.host.markEvent(); },
    gallery: () => { location.assign("gallery"); },
    help: () => { this.host.showHelp(); },
  };
  #picked: ReadonlySet<number> = new Set(); // ids of the people who stay sharp; another source has other people
  #session: LiveSession | null = null;
  #again: () => void = () => { this.start(); };
  #seenAt = 0; // ms; when somebody was in view last
  #timer: ReturnType<typeof setTimeout> | null = null;
  #listening = new AbortController();

  constructor(
    private readonly host: LiveHost,
    private readonly setup: LiveSetup,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    const on = (target: EventTarget, names: readonly string[], act: (event: Event) => void): void => {
      for (const name of names) target.addEventListener(name, act, { signal });
    };
    on(document, ["keydown"], (event) => { this.#onKey(event as KeyboardEvent); });
    on(document, ["visibilitychange"], () => { this.#session?.setHidden(document.hidden); });
    on(window, ["online", "offline"], () => { this.#set({ online: navigator.onLine }); });
    on(window, ["dragover", "dragleave", "drop"], (event) => { this.#onDrag(event as DragEvent); });
    on(window, ["pagehide"], () => { this.#session?.stop(); });
    watchCameras(() => { void this.#listCameras(); }, signal);
    if (this.settings.started) this.#open().prepare(); // out of the browser's cache; the first face comes sooner
  }

  hostDisconnected(): void {
    this.#listening.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#session?.close();
    this.#session = null;
  }

  readonly start = (): void => {
    this.#again = this.start;
    this.#restart();
    void this.#open().startCamera(this.settings.cameraId).then(() => this.#listCameras());
  };

  /** Tries again what went wrong: the camera, or the same file. */
  readonly retry = (): void => {
    this.#again();
  };

  readonly stop = (): void => {
    this.#session?.stop();
  };

  readonly toggle = (): void => {
    if (this.live.phase === "paused") void this.#session?.resume();
    else this.#session?.pause();
  };

  readonly seek = (seconds: number): void => {
    this.#session?.seek(seconds);
    this.host.requestUpdate();
  };

  /** Opens a photo or video, or says that it is neither. */
  openFile(file: File): void {
    this.#again = () => { this.openFile(file); };
    this.#restart();
    const kind = kindOf(file);
    if (kind === null) this.#open().refuseFile();
    else void this.#open().startFile(file, kind);
  }

  /** Changes settings; they hold at once and are kept. */
  readonly change = (part: Partial<Settings>): void => {
    const before = this.settings;
    this.settings = { ...before, ...part };
    this.kept = saveSettings(localStorage, this.settings);
    if (before.palette !== this.settings.palette) this.#repaint();
    if (analysisSettings.some((key) => before[key] !== this.settings[key])) this.#session?.applyOptions();
    if (before.cameraId !== this.settings.cameraId && this.live.source?.kind === "camera") this.start();
    this.host.requestUpdate();
  };

  readonly reset = (): void => {
    const { serverAgreed, captured } = this.settings; // what was told once stays told
    this.change({ ...defaults, serverAgreed, captured });
  };

  /** Server mode asks once before anything is sent. */
  readonly setMode = (mode: Mode): void => {
    if (mode === "server" && !this.settings.serverAgreed) this.host.askConsent();
    else this.change({ mode });
    this.host.requestUpdate();
  };

  readonly agree = (): void => {
    this.change({ serverAgreed: true, mode: "server" });
  };

  readonly mark = (name: string): void => {
    this.log.mark(name);
    this.host.requestUpdate();
  };

  readonly export = (): void => {
    const { recorder } = this.log;
    if (recorder !== null) saveCsv(recorder, new Date());
  };

  /** Who stays sharp while the others are blurred; null: nobody is blurred. */
  get sharp(): ReadonlySet<number> | null {
    return this.settings.blur ? this.#picked : null;
  }

  /** Keeps a person sharp, or does not any more. */
  readonly pick = ({ detail: id }: CustomEvent<number>): void => {
    this.#picked = new Set([...this.#picked].filter((other) => other !== id).concat(this.#picked.has(id) ? [] : id));
    this.host.requestUpdate();
  };

  /** Whether a picture with its masks is on the stage. */
  get ready(): boolean {
    return this.result !== null;
  }

  /** What is on the stage at this moment; null: nothing. */
  takeShot(): Shot | null {
    const { manifest } = this.live;
    if (manifest === null || this.palette === null) return null;
    const shot = takeShot(this.host.stage, this.settings, manifest, this.palette);
    if (shot !== null && !this.settings.captured) this.change({ captured: true });
    return shot;
  }

  /** A file shows the world as it is; only one's own camera is a mirror. */
  get mirrored(): boolean {
    return this.settings.mirror && this.live.source?.kind === "camera";
  }

  get hint(): string {
    if (this.live.phase !== "running" || this.result === null) return "";
    const still = this.live.source?.kind === "photo";
    const { blur, maxFaces } = this.settings;
    const { tooSmall, beyondLimit } = this.result.hints;
    if (blur && tooSmall + beyondLimit > 0) return t("stage.unblurred", { n: tooSmall + beyondLimit });
    return hintText(this.result.hints, this.people.length, performance.now() - this.#seenAt, still, maxFaces);
  }

  get serverNote(): string {
    return this.live.phase === "idle" ? "" : serverText(this.live, this.settings.mode, this.online);
  }

  get playback(): Playback | null {
    if (this.live.source?.kind !== "video") return null;
    const { currentTime, duration } = this.host.stage.video;
    return { now: currentTime, total: duration };
  }

  get announcement(): string {
    const active = this.settings.announcements && this.palette !== null && this.live.phase === "running";
    return active && this.palette !== null ? this.#announcer.update(this.people, this.palette, performance.now()) : "";
  }

  #open(): LiveSession {
    const { host } = this;
    this.#session ??= new LiveSession({
      ...this.setup,
      get video() { return host.stage.video; }, // is there once the page was drawn
      options: () => this.#options(),
      onState: (state) => { this.#onState(state); },
      onResult: (result, taken) => { this.#onResult(result, taken); },
      onVideoFrame: () => { this.host.stage.videoFrame(); },
    });
    return this.#session;
  }

  #options(): AnalysisOptions {
    const { mode, maxFaces, smoothing, tiles, webgpu } = this.settings;
    return { mode, maxFaces, smoothing, tiles, backend: webgpu ? "webgpu" : "wasm", token: null };
  }

  #onState(state: LiveState): void {
    const other = state.manifest !== this.live.manifest;
    const ended = state.phase === "stopped" && this.live.phase !== "stopped";
    this.live = state;
    if (other) this.#repaint();
    if (ended) this.#clear();
    this.host.requestUpdate();
  }

  #onResult(result: Result, taken: number | null): void {
    const { manifest, source } = this.live;
    const { palette } = this;
    if (manifest === null || source === null || palette === null) return;
    const now = performance.now();
    this.result = result;
    if (!this.settings.started) this.change({ started: true });
    if (result.people.length > 0) this.#seenAt = now;
    this.log.add(result, source, manifest, palette, Date.now(), now);
    const { frame, index, time: at, people: seen } = result;
    this.host.stage.show({ frame, index, size: { width: result.width, height: result.height }, people: seen, time: at });
    if (taken !== null) this.log.speed.addDelay(performance.now() - taken);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.people = this.result?.people ?? [];
      this.host.requestUpdate();
    }, source.kind === "photo" ? 0 : PANELS_EVERY_MS);
  }

  #restart(): void {
    this.log.restart();
    this.#clear();
    this.#picked = new Set();
    this.#seenAt = performance.now();
  }

  #clear(): void {
    this.result = null;
    this.people = [];
    this.host.stage.clear();
    this.host.requestUpdate();
  }

  #repaint(): void {
    const { manifest } = this.live;
    this.palette = manifest === null ? null : new Palette(manifest, this.settings.palette);
  }

  async #listCameras(): Promise<void> {
    this.#set({ cameras: await listCameras() });
  }

  #onDrag(event: DragEvent): void {
    if (event.dataTransfer?.types.includes("Files") !== true) return;
    if (event.type === "dragleave") {
      if (event.relatedTarget === null) this.#set({ dropping: false });
      return;
    }
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    this.#set({ dropping: event.type === "dragover" });
    if (event.type === "drop" && file !== undefined) this.openFile(file);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.host.captures.cancelCountdown()) return;
    const shortcut = this.settings.shortcuts ? shortcutOf(event, event.composedPath()) : null;
    if (shortcut === null || (shortcut === "capture" && !this.ready)) return; // without a picture, Space scrolls
    event.preventDefault();
    this.#shortcuts[shortcut]();
  }

  #set(part: Partial<Pick<LiveController, "online" | "dropping" | "cameras">>): void {
    Object.assign(this, part);
    this.host.requestUpdate();
  }
}
