/** What the queue of pictures needs from outside, and what it says of itself. */
import type { NewScreenshot, UploadOptions } from "../api/screenshots.js";
import type { ScreenshotAnswer, SessionAnswer } from "../generated/api.js";
import type { DeviceStore } from "./device-store.js";
import type { Trouble } from "./records.js";

/** The part of the API that is used. */
export interface Server {
  save(screenshot: NewScreenshot, options: UploadOptions): Promise<Pick<ScreenshotAnswer, "id">>;
  session(): Promise<Pick<SessionAnswer, "owner" | "store">>;
}

export interface QueueSetup {
  readonly server: Server;
  readonly store: DeviceStore;
  readonly online: () => boolean;
  readonly random: () => number; // [0, 1)
  /** Runs the work while no other tab sends. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly onChange: () => void;
}

/** Why nothing is sent at the moment. */
export interface Pause {
  readonly trouble: Trouble;
  readonly until: number | null; // ms of Date.now; null: until somebody tries again
}
