/** What the live page is doing: everything that its designed states are drawn from. */
import type { CameraTrouble, FileTrouble } from "../../camera/problems.js";
import type { Manifest } from "../../generated/manifest.js";
import type { ServerTrouble } from "../../worker/messages.js";
import type { Failure, Loading } from "./analysis.js";

/** idle: nothing was started yet; stopped: it was, and is over or went wrong. */
export type Phase = "idle" | "asking" | "starting" | "running" | "paused" | "stopped";

export type Trouble =
  | { readonly kind: "camera"; readonly code: CameraTrouble }
  | { readonly kind: "file"; readonly code: FileTrouble }
  | { readonly kind: "worker"; readonly code: Failure["code"]; readonly detail: string };

/** Where the pictures come from. */
export type Source =
  | { readonly kind: "camera"; readonly label: string; readonly deviceId: string }
  | { readonly kind: "photo" | "video"; readonly name: string };

export interface ServerLink {
  readonly trouble: ServerTrouble | null;
  readonly retryInSeconds: number | null;
}

export interface LiveState {
  readonly phase: Phase;
  readonly source: Source | null;
  readonly hidden: boolean; // paused because the tab is hidden
  readonly loading: Omit<Loading, "kind"> | null;
  readonly trouble: Trouble | null;
  readonly server: ServerLink;
  readonly manifest: Manifest | null;
  readonly backend: "wasm" | "webgpu" | null;
  readonly threads: number;
  readonly cameraOn: boolean;
}

export const idleState: LiveState = {
  phase: "idle",
  source: null,
  hidden: false,
  loading: null,
  trouble: null,
  server: { trouble: null, retryInSeconds: null },
  manifest: null,
  backend: null,
  threads: 0,
  cameraOn: false,
};
