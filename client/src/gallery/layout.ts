/** Where everything lies in the gallery: columns, rows, days. Pure. */
import type { Shot } from "./shots.js";

export const GAP = 8; // px between tiles
export const LINE = 6; // px under a tile: the thin line in the colours of the faces, and its distance
export const DAY_HEIGHT = 56; // px of a day's heading
const NARROW = 480; // px of the page
const SMALLEST = { narrow: 104, wide: 168 } as const; // px of a tile

export interface Columns {
  readonly count: number;
  readonly side: number; // px of a tile
}

/** How many tiles stand in a row of this width (px), and how large they are. */
export function columnsFor(width: number): Columns {
  const smallest = width < NARROW ? SMALLEST.narrow : SMALLEST.wide;
  const count = Math.max(2, Math.floor((width + GAP) / (smallest + GAP)));
  return { count, side: Math.max(1, (width - GAP * (count - 1)) / count) };
}

export type Row =
  | { readonly kind: "day"; readonly key: string; readonly day: string; readonly first: number; readonly end: number }
  | { readonly kind: "pictures"; readonly key: string; readonly first: number; readonly end: number };

/** The rows of the gallery: `first` and `end` (exclusive) count screenshots. */
export function rowsOf(shots: readonly Shot[], columns: number): readonly Row[] {
  const rows: Row[] = [];
  for (let first = 0; first < shots.length; ) {
    const { day } = shots[first]!;
    let end = first + 1;
    while (end < shots.length && shots[end]!.day === day) end += 1;
    rows.push({ kind: "day", key: day, day, first, end });
    for (let at = first; at < end; at += columns) {
      rows.push({ kind: "pictures", key: shots[at]!.id, first: at, end: Math.min(end, at + columns) });
    }
    first = end;
  }
  return rows;
}

/** Height of a row in px, the distance to the next one included. */
export function heightOf(row: Row, side: number): number {
  return row.kind === "day" ? DAY_HEIGHT : side + LINE + GAP;
}

/** The row in which a screenshot stands; -1 where it is in none. */
export function rowOf(rows: readonly Row[], index: number): number {
  return rows.findIndex((row) => row.kind === "pictures" && row.first <= index && index < row.end);
}

export type Move = "left" | "right" | "up" | "down" | "rowStart" | "rowEnd" | "first" | "last" | "pageUp" | "pageDown";

/** The screenshot that a key leads to from the one at `index`; the same where there is nothing in that direction. */
export function moved(rows: readonly Row[], index: number, move: Move, page: number): number {
  const pictures = rows.filter((row) => row.kind === "pictures");
  const last = pictures.at(-1);
  if (last === undefined) return index;
  const at = pictures.findIndex((row) => row.first <= index && index < row.end);
  if (at < 0) return 0;
  const row = pictures[at]!;
  const inRow = (by: number): number => {
    const target = pictures[Math.max(0, Math.min(pictures.length - 1, at + by))]!;
    return Math.min(target.first + (index - row.first), target.end - 1);
  };
  switch (move) {
    case "left": return Math.max(0, index - 1);
    case "right": return Math.min(last.end - 1, index + 1);
    case "up": return at === 0 ? index : inRow(-1);
    case "down": return at === pictures.length - 1 ? index : inRow(1);
    case "rowStart": return row.first;
    case "rowEnd": return row.end - 1;
    case "first": return 0;
    case "last": return last.end - 1;
    case "pageUp": return inRow(-page);
    case "pageDown": return inRow(page);
    default: return move satisfies never;
  }
}
