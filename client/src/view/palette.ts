/** Colours and patterns of what can be shown, from the manifest: nothing else knows an emotion's colour. */
import type { Manifest } from "../generated/manifest.js";
import { parseHex, type Rgb } from "./colour.js";

export type PaletteName = "vivid" | "safe";

/** How one displayed id looks. */
export interface Swatch {
  readonly id: string;
  readonly colour: Rgb;
  readonly pattern: string;
}

/** What is shown for a face that the model abstains on; not an emotion, so it has no colour of its own. */
export const UNSURE = "unsure";
const BLANK: Rgb = [255, 255, 255];

export class Palette {
  /** In the manifest's order: the primaries, the gate's neutral where there is one, unsure. */
  readonly swatches: readonly Swatch[];
  /** Ids of the primary classes, in the order of the probabilities. */
  readonly classes: readonly string[];
  readonly #byId: ReadonlyMap<string, Swatch>;

  constructor(manifest: Manifest, name: PaletteName) {
    const safe = name === "safe";
    const primaries = manifest.taxonomy.primaries.map((p) => ({
      id: p.id,
      colour: parseHex(safe ? p.safe_colour : p.colour),
      pattern: p.pattern,
    }));
    const gate = manifest.neutral_gate;
    const neutral =
      gate === null
        ? []
        : [{ id: gate.neutral, colour: parseHex(safe ? gate.safe_colour : gate.colour), pattern: "none" }];
    this.classes = primaries.map((p) => p.id);
    this.swatches = [...primaries, ...neutral, { id: UNSURE, colour: BLANK, pattern: "none" }];
    this.#byId = new Map(this.swatches.map((swatch) => [swatch.id, swatch]));
  }

  /** The swatch of a displayed id; that of "unsure" for an id that the manifest does not know. */
  of(id: string): Swatch {
    return this.#byId.get(id) ?? { id, colour: BLANK, pattern: "none" };
  }
}
