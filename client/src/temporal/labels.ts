/** Which label is shown: calm switching, abstention, the neutral gate, and the best term. Times in seconds. */
import type { Manifest, Smoothing } from "../generated/manifest.js";
import type { Mode } from "../records.js";

export const UNSURE = "unsure";
const MOST_TERMS = 5;

/** What a label is chosen by; see the manifest. */
export interface Rules {
  readonly classes: readonly string[];
  readonly abstainBelow: number;
  readonly margin: number;
  readonly neutral: string | null; // of the gate
  readonly gateThreshold: number;
}

/** The rules for answers of a source; "server" means the specific model, where there is one. */
export function rulesOf(manifest: Manifest, source: Mode, amount = 1): Rules {
  const own = source === "server" ? manifest.specific?.primary : null;
  const output = own ?? manifest.primary.primary;
  return {
    classes: output.classes,
    abstainBelow: output.abstain_below,
    margin: manifest.smoothing.switch_margin * Math.min(1, amount),
    neutral: manifest.neutral_gate?.neutral ?? null,
    gateThreshold: manifest.neutral_gate?.threshold ?? 1,
  };
}

/** The index of the largest value; of equal ones the first. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) {
    if (values[i]! > values[best]!) {
      best = i;
    }
  }
  return best;
}

/**
 * The label that the probabilities ask for while `shown` is displayed.
 *
 * What is shown has an advantage of `margin`: another class must lead it by that much; the gate and the threshold of
 * abstention must be passed by that much (but never by more than half of what is left to certainty) to leave neutral
 * or unsure.
 *
 * @param shown what is displayed; null: nothing yet
 * @param probabilities smoothed, in the order of `rules.classes`
 * @param gate smoothed probability of the gate's neutral; null: no gate
 */
export function wanted(shown: string | null, probabilities: ArrayLike<number>, gate: number | null, rules: Rules): string {
  if (gate !== null && rules.neutral !== null) {
    const relief = shown === rules.neutral ? rules.margin : 0;
    if (gate >= rules.gateThreshold - relief) {
      return rules.neutral;
    }
  }
  const best = argmax(probabilities);
  const chance = probabilities[best]!;
  let threshold = rules.abstainBelow;
  if (shown === UNSURE) {
    threshold = Math.min(threshold + rules.margin, (1 + threshold) / 2);
  }
  if (chance < threshold) {
    return UNSURE;
  }
  const place = shown === null ? -1 : rules.classes.indexOf(shown);
  if (shown !== null && place >= 0) {
    const held = probabilities[place]!;
    if (chance - held < rules.margin && held >= rules.abstainBelow) {
      return shown;
    }
  }
  return rules.classes[best]!;
}

/** Shows a label only once it has been wanted for a while, and not too soon after the last change. */
export class Switch<Label> {
  private changed = -Infinity;
  private candidate: { readonly label: Label; readonly since: number } | null = null;
  /** null: nothing yet. */
  shown: Label | null = null;

  constructor(
    private readonly hold: number,
    private readonly pause: number,
  ) {}

  /** What is shown while `label` is wanted; the first label at once. */
  step(label: Label, time: number): Label {
    if (this.shown === null || label === this.shown) {
      this.candidate = null;
      this.shown = label;
      return label;
    }
    if (this.candidate?.label !== label) {
      this.candidate = { label, since: time };
    }
    if (time - this.candidate.since >= this.hold && time - this.changed >= this.pause) {
      this.shown = label;
      this.candidate = null;
      this.changed = time;
    }
    return this.shown;
  }
}

/** A switch with the manifest's times; the pause stays whatever the amount of smoothing. */
export function switchOf<Label>(spec: Smoothing, amount = 1): Switch<Label> {
  return new Switch<Label>(spec.switch_hold_s * amount, spec.switch_pause_s);
}

/** The most probable of some terms, best first, at most five; of equal ones the first in order. */
export function bestTerms(within: readonly number[], probabilities: ArrayLike<number>): number[] {
  return [...within].sort((a, b) => probabilities[b]! - probabilities[a]! || a - b).slice(0, MOST_TERMS);
}

/**
 * The term to show: the shown one, unless it left the primary or another is clearly more probable.
 *
 * @param shown index of the term that is displayed; null: none yet
 * @param within indices of the displayed primary's terms
 * @param probabilities smoothed
 * @param ratio how many times as probable another term must be
 */
export function calmTerm(
  shown: number | null,
  within: readonly number[],
  probabilities: ArrayLike<number>,
  ratio: number,
): number | null {
  const [best] = bestTerms(within, probabilities);
  if (best === undefined) {
    return null;
  }
  if (shown !== null && within.includes(shown) && probabilities[best]! < ratio * probabilities[shown]!) {
    return shown;
  }
  return best;
}
