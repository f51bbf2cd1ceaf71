// What is shown, as CSV (RFC 4180). Pure.

import type { Row } from "./board.ts";
import type { Column } from "./columns.ts";

/** A cell; one that a spreadsheet would take for a formula is made text. Symbols are any text, also `=1+1`. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Numbers as they are, not as they are shown; what a picture shows stands as its number. */
export function csvOf(symbols: readonly string[], columns: readonly Column[], row: (symbol: string) => Row | undefined, nowMs: number): string {
  const fields = columns.filter(({ kind }) => kind !== "spark" && kind !== "symbol");
  const head = ["symbol", ...fields.map((column) => (column.kind === "age" ? "age_s" : column.field)), "ts"];
  const lines = symbols.map((symbol) => {
    const values = fields.map((column) => {
      const value = column.value(row(symbol), nowMs);
      if (value === null) return "";
      return String(column.kind === "age" ? Math.round(value) / 1000 : Number(value.toFixed(9)));
    });
    const ts = row(symbol)?.values["ts"];
    return [cell(symbol), ...values, ts ? new Date(ts / 1e6).toISOString() : ""].join(",");
  });
  return [head.join(","), ...lines, ""].join("\r\n");
}
