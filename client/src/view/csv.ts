/** CSV after RFC 4180, in UTF-8, that no spreadsheet runs as a formula. */

export type Cell = string | number | boolean | null;

// A text that starts with one of these is run as a formula by spreadsheets (OWASP, CSV injection).
const FORMULA = /^[=+\-@\t\r]/;
const QUOTED = /[",\r\n]/;

/** One cell: texts that start like a formula get a leading apostrophe; null is empty. */
export function csvCell(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return Number.isFinite(cell) ? String(cell) : "";
  const text = typeof cell === "string" && FORMULA.test(cell) ? `'${cell}` : String(cell);
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line, with its line break. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}
