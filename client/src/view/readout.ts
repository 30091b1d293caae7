/** What the page says about a person: the same words on the label, in the list and in announcements. */
import type { Person } from "../records.js";
import { emotionName, sureness, t } from "../words/index.js";
import { UNSURE, type Palette } from "./palette.js";

/** The most specific id that is displayed: the term, else the primary, "neutral" or "unsure". */
export function shownId(person: Person): string {
  return person.specific?.id ?? person.shown;
}

/** The name above the head. */
export function shownName(person: Person): string {
  return person.shown === UNSURE ? t("person.unsure") : emotionName(shownId(person));
}

/** The smoothed probability of the displayed primary, [0, 1]; for the gate's neutral that of the best class. */
export function shownConfidence(person: Person, palette: Palette): number {
  const index = palette.classes.indexOf(person.shown);
  return person.probabilities[index] ?? person.primary.confidence;
}

/** The label with confidence in words: "looks like delight, quite sure". */
export function looksLike(person: Person, palette: Palette): string {
  if (person.shown === UNSURE) return t("person.unsure");
  return t("person.looksLike", {
    emotion: shownName(person),
    sureness: sureness(shownConfidence(person, palette)),
  });
}
