/**
 * Whose heads are made unrecognisable: everybody who was not picked to stay sharp.
 *
 * A face that is lost for a moment stays hidden where it was last seen: a gap of one frame would show it. Times are
 * those of the source, so that a paused picture keeps what it had. What is never found as a face cannot be hidden.
 */
import type { Person } from "../records.js";
import { bounds, type Rect } from "./geometry.js";

const HOLD = 2; // seconds; after that a face that comes back is somebody new, and hidden as such
const ASIDE = 0.35; // of the outline's width, on each side: ears and hair
const ABOVE = 0.45; // of the outline's height
const BELOW = 0.2;

/** The rectangle around the oval that hides a head, from the outline of its face. */
export function headRegion(outline: Float32Array): Rect {
  const face = bounds(outline);
  return {
    x: face.x - ASIDE * face.width,
    y: face.y - ABOVE * face.height,
    width: (1 + 2 * ASIDE) * face.width,
    height: (1 + ABOVE + BELOW) * face.height,
  };
}

export class Bystanders {
  readonly #seen = new Map<number, { readonly region: Rect; readonly time: number }>();

  /**
   * The regions to hide, in pixels of the frame.
   *
   * @param sharp ids of those who stay as they are
   * @param time of the frame in seconds; the same frame may be asked for again
   */
  regions(people: readonly Person[], sharp: ReadonlySet<number>, time: number): readonly Rect[] {
    for (const [id, { time: seen }] of this.#seen) if (time < seen || time - seen > HOLD) this.#seen.delete(id);
    for (const { id, outline } of people) this.#seen.set(id, { region: headRegion(outline), time });
    return [...this.#seen].flatMap(([id, { region }]) => (sharp.has(id) ? [] : [region]));
  }
}
