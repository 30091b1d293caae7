/** The filter's chips: what there is to choose, from the taxonomy and the counts. Pure. */
import type { Manifest } from "../generated/manifest.js";

export interface Chip {
  readonly id: string;
  readonly count: number;
}

export interface Chips {
  readonly primaries: readonly Chip[];
  /** The finer terms of the chosen primary, or of the primary of the chosen term. */
  readonly terms: readonly Chip[];
  readonly primary: string | null; // whose terms these are
}

/**
 * @param counts screenshots per primary and specific emotion
 * @param chosen the emotion that is filtered by; it stays in the list when nothing looks like it any more
 */
export function chipsOf(
  manifest: Manifest, counts: Readonly<Record<string, number | undefined>>, chosen: string | null,
): Chips {
  const { primaries, terms } = manifest.taxonomy;
  const gate = manifest.neutral_gate;
  const named = [...primaries.map(({ id }) => id), ...(gate === null ? [] : [gate.neutral])];
  const familyOf = new Map(terms.map(({ id, primary }) => [id, primary]));
  // What an earlier bundle called otherwise is still there to be found.
  const others = Object.keys(counts).filter((id) => !named.includes(id) && !familyOf.has(id)).sort();
  const shown = (ids: readonly string[]): readonly Chip[] =>
    ids.map((id) => ({ id, count: counts[id] ?? 0 })).filter(({ id, count }) => count > 0 || id === chosen);
  const primary = chosen === null ? null : (familyOf.get(chosen) ?? chosen);
  const mine = terms.filter((term) => term.primary === primary).map(({ id }) => id).filter((id) => id !== primary);
  const known = chosen === null || named.includes(chosen) || familyOf.has(chosen) || others.includes(chosen);
  return {
    primaries: shown([...new Set([...named, ...others, ...(known ? [] : [chosen])])])
      .concat(primary !== null && primary !== chosen && (counts[primary] ?? 0) === 0 ? [{ id: primary, count: 0 }] : []),
    terms: [...shown(mine)].sort((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1)),
    primary,
  };
}
