/** Days and moments in words, in the reader's time zone. */
import { locale, t } from "./index.js";

const style = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => new Intl.DateTimeFormat(locale, options);
const thisYear = style({ weekday: "long", day: "numeric", month: "long" });
const anyYear = style({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const short = style({ day: "numeric", month: "short", year: "numeric" });
const full = style({ day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" });
const exact = style({
  weekday: "long", day: "numeric", month: "long", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
});

/** A day (YYYY-MM-DD) as a heading; `today` in the same form. */
export function dayTitle(day: string, today: string): string {
  if (day === today) return t("gallery.today");
  const date = dateOf(day);
  if (new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime() === dateOf(today).getTime()) {
    return t("gallery.yesterday");
  }
  return (day.slice(0, 4) === today.slice(0, 4) ? thisYear : anyYear).format(date);
}

/** A day (YYYY-MM-DD), short. */
export function dayShort(day: string): string {
  return short.format(dateOf(day));
}

/** A moment (ms since 1970) to the minute. */
export function moment(at: number): string {
  return full.format(at);
}

/** A moment to the second, with the time zone. */
export function exactMoment(at: number): string {
  return exact.format(at);
}

function dateOf(day: string): Date {
  const [year = 1970, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date);
}
