/** What the user can set: one record, checked when it is read back, kept in localStorage. */
import type { Mode } from "../records.js";
import type { PaletteName } from "./palette.js";

export interface Settings {
  readonly mode: Mode;
  readonly serverAgreed: boolean; // the user has seen what server mode sends
  readonly cameraId: string | null;
  readonly mirror: boolean;
  readonly display: "mask" | "outline";
  readonly palette: PaletteName;
  readonly patterns: boolean;
  readonly sureness: boolean;
  readonly newestVideo: boolean; // the newest picture under the last masks, instead of the analysed one
  readonly smoothing: number; // 0 (raw) to 2 (calm)
  readonly maxFaces: number; // 1 to 10
  readonly tiles: boolean;
  readonly webgpu: boolean;
  readonly announcements: boolean;
  readonly shortcuts: boolean;
  readonly save: SaveWhat;
  readonly blur: boolean; // hide everybody who was not picked
  readonly captured: boolean; // a screenshot was taken once: where they go needs no telling any more
  readonly started: boolean; // faces were analysed once, so the models are in the browser's cache
  readonly moreByButton: boolean; // the gallery goes on by a button, not by scrolling
}

/** What a screenshot keeps: the picture with mask and labels, the one without, or both. */
export type SaveWhat = "masked" | "plain" | "both";

export const MAX_FACES = 10;
export const MAX_SMOOTHING = 2;

export const defaults: Settings = {
  mode: "device",
  serverAgreed: false,
  cameraId: null,
  mirror: true,
  display: "mask",
  palette: "vivid",
  patterns: false,
  sureness: false,
  newestVideo: false,
  smoothing: 1,
  maxFaces: MAX_FACES,
  tiles: false,
  webgpu: false,
  announcements: true,
  shortcuts: true,
  save: "masked",
  blur: false,
  captured: false,
  started: false,
  moreByButton: false,
};

const VERSION = 1;
const NAME = "dasa.settings";

type Check = (value: unknown) => boolean;
const boolean: Check = (value) => typeof value === "boolean";
const oneOf = (...values: readonly string[]): Check => (value) => typeof value === "string" && values.includes(value);
const between = (low: number, high: number): Check => (value) => typeof value === "number" && value >= low && value <= high;

const checks: Readonly<Record<keyof Settings, Check>> = {
  mode: oneOf("device", "server"),
  serverAgreed: boolean,
  cameraId: (value) => value === null || (typeof value === "string" && value.length <= 200),
  mirror: boolean,
  display: oneOf("mask", "outline"),
  palette: oneOf("vivid", "safe"),
  patterns: boolean,
  sureness: boolean,
  newestVideo: boolean,
  smoothing: between(0, MAX_SMOOTHING),
  maxFaces: (value) => Number.isInteger(value) && between(1, MAX_FACES)(value),
  tiles: boolean,
  webgpu: boolean,
  announcements: boolean,
  shortcuts: boolean,
  save: oneOf("masked", "plain", "both"),
  blur: boolean,
  captured: boolean,
  started: boolean,
  moreByButton: boolean,
};

/** Settings from what was stored: each value that is missing, unknown or out of range is the default. */
export function parseSettings(text: string | null): Settings {
  const stored = values(text);
  const known = (Object.keys(checks) as (keyof Settings)[]).filter((key) => checks[key](stored[key]));
  const merged = { ...defaults, ...Object.fromEntries(known.map((key) => [key, stored[key]])) };
  // Nothing leaves the device before the user has agreed to it once.
  return merged.serverAgreed ? merged : { ...merged, mode: "device" };
}

function values(text: string | null): Readonly<Record<string, unknown>> {
  if (text === null) return {};
  try {
    const record: unknown = JSON.parse(text);
    if (typeof record !== "object" || record === null || !("version" in record) || record.version !== VERSION) return {};
    const stored: unknown = "values" in record ? record.values : null;
    return typeof stored === "object" && stored !== null ? (stored as Record<string, unknown>) : {};
  } catch {
    return {}; // not JSON: written by something else, or cut short
  }
}

export function formatSettings(settings: Settings): string {
  return JSON.stringify({ version: VERSION, values: settings });
}

/** The part of Storage that is used; it may throw where the browser blocks storage. */
export type SettingsStorage = Pick<Storage, "getItem" | "setItem">;

export function loadSettings(storage: SettingsStorage): Settings {
  try {
    return parseSettings(storage.getItem(NAME));
  } catch {
    return defaults; // storage is blocked: settings then last as long as the page
  }
}

/** Whether the settings were kept. */
export function saveSettings(storage: SettingsStorage, settings: Settings): boolean {
  try {
    storage.setItem(NAME, formatSettings(settings));
    return true;
  } catch {
    return false;
  }
}
