/** When to tell screen readers what changed: politely, at most every five seconds, never the same twice. Pure. */
import type { Person } from "../records.js";
import { t } from "../words/index.js";
import type { Palette } from "./palette.js";
import { looksLike } from "./readout.js";

export const ANNOUNCE_EVERY_MS = 5000;

/** Everybody in view, in one sentence or two. */
export function describePeople(people: readonly Person[], palette: Palette): string {
  if (people.length === 0) return t("announce.none");
  const each = people.map((person) => t("announce.person", { id: person.id, reading: looksLike(person, palette) }));
  return [t("announce.people", { n: people.length }), ...each].join(" ");
}

export class Announcer {
  #last = -Infinity;
  #key = ""; // nobody: an empty picture at the start is no news
  #text = "";

  /**
   * What the live region should hold now (ms). It stays the same until what is shown has changed and the last
   * announcement is old enough.
   */
  update(people: readonly Person[], palette: Palette, now: number): string {
    const key = people.map((person) => `${person.id} ${person.specific?.id ?? person.shown}`).join();
    if (key === this.#key || now - this.#last < ANNOUNCE_EVERY_MS) return this.#text;
    this.#key = key;
    this.#last = now;
    this.#text = describePeople(people, palette);
    return this.#text;
  }
}
