/** What the gallery shows, as it stands in the page's address. Pure. */
import type { Which } from "../api/library.js";
import { dayOf } from "./shots.js";

export interface Filter {
  readonly emotion: string | null;
  readonly from: string | null; // first day, YYYY-MM-DD where the reader is
  readonly to: string | null; // last day
}

export const everything: Filter = { emotion: null, from: null, to: null };

const SLUG = /^[a-z][a-z0-9-]{0,39}$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** From the query of an address; what makes no sense counts as not said. */
export function filterOf(query: URLSearchParams): Filter {
  const emotion = query.get("emotion") ?? "";
  return {
    emotion: SLUG.test(emotion) ? emotion : null,
    from: isDay(query.get("from")) ? query.get("from") : null,
    to: isDay(query.get("to")) ? query.get("to") : null,
  };
}

/** The query of an address, with the picture that is open. */
export function queryOf(filter: Filter, open: string | null): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...filter, open })) if (value !== null) query.set(name, value);
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

const ID = /^[0-9a-f]{32}$/;

/** The id of the picture that an address wants open. */
export function openIn(query: URLSearchParams): string | null {
  const id = query.get("open") ?? "";
  return ID.test(id) ? id : null;
}

/** As the server is asked: from the first moment of the first day to the last of the last, where the reader is. */
export function which(filter: Filter): Which {
  return {
    emotion: filter.emotion,
    from: filter.from === null ? null : startOf(filter.from, 0).toISOString(),
    to: filter.to === null ? null : startOf(filter.to, 1).toISOString(),
  };
}

/** Whether a screenshot of this day and these emotions is among what the filter shows. */
export function lets(filter: Filter, day: string, emotions: readonly string[]): boolean {
  if (filter.from !== null && day < filter.from) return false;
  if (filter.to !== null && day > filter.to) return false;
  return filter.emotion === null || emotions.includes(filter.emotion);
}

export function isEverything(filter: Filter): boolean {
  return filter.emotion === null && filter.from === null && filter.to === null;
}

/** The last `days` days, today included. */
export function lastDays(days: number, now: Date): Pick<Filter, "from" | "to"> {
  const today = dayOf(now);
  return { from: dayOf(startOf(today, 1 - days)), to: today };
}

/** Midnight at the beginning of a day, `later` days on; days with a change of the clock have another length. */
function startOf(day: string, later: number): Date {
  const [, year, month, date] = DAY.exec(day)!;
  return new Date(Number(year), Number(month) - 1, Number(date) + later);
}

function isDay(text: string | null): boolean {
  const match = DAY.exec(text ?? "");
  if (match === null || Number(match[1]) < 1970) return false;
  const [, year, month, date] = match;
  const moment = new Date(Number(year), Number(month) - 1, Number(date));
  return moment.getMonth() === Number(month) - 1 && moment.getDate() === Number(date);
}
