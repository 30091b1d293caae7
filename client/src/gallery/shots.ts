/** The screenshots that the page knows of: newest first, each once. Pure. */
import type { ScreenshotAnswer } from "../generated/api.js";

/** A screenshot, with what the layout asks of it again and again worked out once. */
export interface Shot extends ScreenshotAnswer {
  readonly at: number; // ms since 1970
  readonly day: string; // YYYY-MM-DD in the reader's time zone
}

export function shotOf(answer: ScreenshotAnswer): Shot {
  const at = Date.parse(answer.time);
  return { ...answer, at, day: dayOf(new Date(at)) };
}

/** The day of a moment where the reader is, as YYYY-MM-DD. */
export function dayOf(moment: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${String(moment.getFullYear()).padStart(4, "0")}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

/** The server's order: newest first, of equal times the greater id first. */
export function before(a: Pick<Shot, "at" | "id">, b: Pick<Shot, "at" | "id">): number {
  return b.at - a.at || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

/** Both lists in order, each screenshot once; a later answer about the same screenshot counts. */
export function merged(known: readonly Shot[], more: readonly Shot[]): readonly Shot[] {
  if (more.length === 0) return known;
  const last = known.at(-1);
  const fresh = [...more].sort(before);
  // The usual case: the next page.
  if (last === undefined || before(last, fresh[0]!) < 0) return [...known, ...unique(fresh)];
  const ids = new Set(fresh.map((shot) => shot.id));
  return unique([...known.filter((shot) => !ids.has(shot.id)), ...fresh].sort(before));
}

function unique(sorted: readonly Shot[]): readonly Shot[] {
  return sorted.filter((shot, n) => shot.id !== sorted[n - 1]?.id);
}

export function without(known: readonly Shot[], ids: ReadonlySet<string>): readonly Shot[] {
  return known.filter((shot) => !ids.has(shot.id));
}

/**
 * What the first page says today, put in place of what was known of that time: what was deleted elsewhere goes,
 * what is new comes. `complete`: there is nothing after this page.
 */
export function refreshed(known: readonly Shot[], first: readonly Shot[], complete: boolean): readonly Shot[] {
  const last = first.at(-1);
  if (complete || last === undefined) return unique([...first].sort(before));
  return merged(known.filter((shot) => before(last, shot) < 0), first);
}
