/** Colours as numbers: parsing, contrast after WCAG 2, mixing, and the slow turn from one emotion to the next. */

/** Red, green, blue in [0, 255]. */
export type Rgb = readonly [number, number, number];

/** Parses `#RRGGBB`; throws RangeError for anything else. */
export function parseHex(hex: string): Rgb {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  if (match === null) throw new RangeError(`not a colour: ${hex}`);
  return [parseInt(match[1]!, 16), parseInt(match[2]!, 16), parseInt(match[3]!, 16)];
}

/** As CSS, opaque or with an alpha in [0, 1]. */
export function css([r, g, b]: Rgb, alpha = 1): string {
  return `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)} / ${alpha})`;
}

/** Relative luminance after WCAG 2, in [0, 1]. */
export function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio after WCAG 2, from 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [Math.max(luminance(a), luminance(b)), Math.min(luminance(a), luminance(b))];
  return (light + 0.05) / (dark + 0.05);
}

/** A share of the way from one colour to another; mixed in light, not in code values, so that no step looks muddy. */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const channel = (a: number, b: number): number => Math.sqrt(a * a * (1 - share) + b * b * share);
  return [channel(from[0], to[0]), channel(from[1], to[1]), channel(from[2], to[2])];
}

interface Turn {
  readonly from: Rgb;
  readonly to: Rgb;
  readonly start: number; // ms
}

/**
 * The colour that each person's mask shows now. A new emotion fades in; changes closer together than
 * `minimumGap` wait, so that nothing flashes (WCAG 2.3.1).
 */
export class ColourFader {
  readonly #turns = new Map<number, Turn>();

  constructor(
    private readonly fade = 300, // ms; 0 for reduced motion
    private readonly minimumGap = 350, // ms between two changes of one mask: fewer than three a second
  ) {}

  /** The colour of a person at a time (ms, from any fixed origin), given the colour it should have. */
  colour(id: number, wanted: Rgb, now: number): Rgb {
    const turn = this.#turns.get(id);
    if (turn === undefined) {
      this.#turns.set(id, { from: wanted, to: wanted, start: -Infinity });
      return wanted;
    }
    const shown = this.#at(turn, now);
    if (same(turn.to, wanted) || now - turn.start < this.minimumGap) return shown;
    const next = { from: shown, to: wanted, start: now };
    this.#turns.set(id, next);
    return this.#at(next, now);
  }

  /** Whether a mask is still turning at this time, or waits for its turn. */
  moving(id: number, wanted: Rgb, now: number): boolean {
    const turn = this.#turns.get(id);
    return turn !== undefined && (!same(turn.to, wanted) || now - turn.start < this.fade);
  }

  /** Forgets everybody who is not in view. */
  keep(ids: ReadonlySet<number>): void {
    for (const id of this.#turns.keys()) if (!ids.has(id)) this.#turns.delete(id);
  }

  #at(turn: Turn, now: number): Rgb {
    const share = this.fade === 0 ? 1 : Math.min(1, Math.max(0, (now - turn.start) / this.fade));
    return share >= 1 ? turn.to : mix(turn.from, turn.to, share);
  }
}

function same(a: Rgb, b: Rgb): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}
