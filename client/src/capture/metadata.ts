/** What is said about a screenshot: everything that its picture shows. Pure. */
import type { Metadata, ShownFace } from "../generated/api.js";
import type { Manifest } from "../generated/manifest.js";
import type { Mode, Person } from "../records.js";
import { UNSURE, type Palette } from "../view/palette.js";
import { shownConfidence } from "../view/readout.js";

export interface Taken {
  readonly people: readonly Person[];
  readonly width: number; // pixels of the frame
  readonly mirrored: boolean;
  readonly time: Date;
  readonly mode: Mode; // as set; counts where nobody is in view
}

/** The metadata as the API wants them; boxes are those of the picture, mirrored as it is. */
export function metadataOf(taken: Taken, manifest: Manifest, palette: Palette): Metadata {
  const { people, time } = taken;
  // After a fallback to the device the mode that is set is not the one that read the faces.
  const byServer = people.length === 0 ? taken.mode === "server" : people.some(({ source }) => source === "server");
  return {
    time: time.toISOString(),
    bundle: `${manifest.name}@${manifest.version}`,
    mode: byServer ? "server" : "device",
    faces: people.map((person) => faceOf(person, taken, palette)),
  };
}

function faceOf(person: Person, { width, mirrored }: Taken, palette: Palette): ShownFace {
  const { box, primary, specific, shown } = person;
  const unsure = shown === UNSURE;
  const left = mirrored ? width - box.x - box.width : box.x;
  return {
    person: person.id,
    box: [pixel(left), pixel(box.y), pixel(box.width), pixel(box.height)],
    score: share(person.score),
    primary: unsure
      ? { id: primary.id, confidence: share(primary.confidence), unsure }
      : { id: shown, confidence: share(shownConfidence(person, palette)), unsure },
    specific: unsure || specific === null ? null : { id: specific.id, confidence: share(specific.confidence) },
    valence: signed(person.valence),
    arousal: signed(person.arousal),
  };
}

const pixel = (value: number): number => Math.round(10 * value) / 10;
const digits = (value: number): number => Math.round(1e4 * value) / 1e4;
// Sums of single precision may pass 1 by a hair; the server takes no such number.
const share = (value: number): number => digits(Math.min(1, Math.max(0, value)));
const signed = (value: number): number => digits(Math.min(1, Math.max(-1, value)));
