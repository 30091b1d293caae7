/**
 * Words of the pages: a typed look-up into the one catalogue, with placeholders and plurals.
 *
 * A translation is a second file with the type `Catalogue`; nothing else holds text.
 */
import { en } from "./en.js";

/** A text, or one text per plural form chosen by the parameter `n`. */
export type Entry = string | { readonly one: string; readonly other: string };

type Names<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Texts<E> = E extends string ? E : E extends { readonly one: infer A; readonly other: infer B } ? A | B : never;
type PluralName<E> = E extends string ? never : "n";

export type Key = keyof typeof en.texts;
type EntryOf<K extends Key> = (typeof en.texts)[K];
type ParameterNames<K extends Key> = Names<Texts<EntryOf<K>>> | PluralName<EntryOf<K>>;
type Parameters<K extends Key> = Record<ParameterNames<K>, string | number>;
type Rest<K extends Key> = [ParameterNames<K>] extends [never] ? [] : [Parameters<K>];

/** The shape that a translation has to fill. */
export interface Catalogue {
  readonly locale: string;
  readonly texts: Record<Key, Entry>;
  readonly emotions: Readonly<Record<string, string>>;
}

const catalogue: Catalogue = en;
const plurals = new Intl.PluralRules(catalogue.locale);

/** The text of a key, its `{name}` placeholders filled. */
export function t<K extends Key>(key: K, ...rest: Rest<K>): string {
  const parameters: Readonly<Record<string, string | number>> = rest[0] ?? {};
  const entry = catalogue.texts[key];
  return fill(typeof entry === "string" ? entry : entry[plural(parameters.n)], parameters);
}

function plural(n: string | number | undefined): "one" | "other" {
  return plurals.select(Number(n)) === "one" ? "one" : "other";
}

function fill(text: string, parameters: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = parameters[name];
    if (value === undefined) return whole;
    return typeof value === "number" && Number.isInteger(value) ? decimal(value, 0) : String(value);
  });
}

/** The name of a primary emotion or a term, from its id in the taxonomy. */
export function emotionName(id: string): string {
  return catalogue.emotions[id] ?? id.replaceAll("-", " ");
}

/** How sure the model is, in words, from a confidence in [0, 1]. */
export function sureness(confidence: number): string {
  if (confidence >= 0.75) return t("sure.very");
  if (confidence >= 0.5) return t("sure.quite");
  return t("sure.slightly");
}

const numbers = new Map<number, Intl.NumberFormat>();

/** A number with a fixed count of decimals, as the reader's language writes it. */
export function decimal(value: number, digits: number): string {
  let format = numbers.get(digits);
  if (format === undefined) {
    format = new Intl.NumberFormat(catalogue.locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    numbers.set(digits, format);
  }
  return format.format(value);
}

/** A share in [0, 1] as a percentage without decimals. */
export function percent(share: number): string {
  return `${decimal(100 * share, 0)}\u00A0%`;
}

/** A size in bytes as megabytes with one decimal. */
export function megabytes(bytes: number): string {
  return `${decimal(bytes / 1e6, 1)}\u00A0MB`;
}

/** A whole number as the reader's language writes it. */
export function count(value: number): string {
  return decimal(value, 0);
}

/** A size in bytes in the unit that fits. */
export function fileSize(bytes: number): string {
  if (bytes >= 1e9) return `${decimal(bytes / 1e9, 1)}\u00A0GB`;
  return bytes >= 1e6 ? megabytes(bytes) : `${decimal(Math.ceil(bytes / 1e3), 0)}\u00A0kB`;
}

export const locale = catalogue.locale;
