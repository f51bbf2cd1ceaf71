// The watchlist as CSV (RFC 4180).

import type { Row } from "../market/board.ts";
import type { Column } from "./columns.ts";

/**
 * How a cell begins that spreadsheets take for a formula, in either width. Source: OWASP, "CSV Injection". Some take
 * semicolons for separators, too.
 */
const FORMULA = /(^|;)(?=[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/g;

/** A cell. A symbol may be any text, such as `=1+1`: a quote keeps spreadsheets from evaluating it. */
function cell(text: string): string {
  const safe = text.replace(FORMULA, "$1'");
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** All 15 decimal digits that a float has: 0.1 + 0.2 is 0.3. Not with an exponent, which spreadsheets show rounded. */
function exact(value: number): string {
  const text = String(Number(value.toPrecision(15)));
  if (!text.includes("e-")) return text;
  const [digits = "", exponent] = text.split("e-");
  return value.toFixed(Math.min(100, Number(exponent) + (digits.split(".")[1] ?? "").length));
}

/** Unrounded numbers. The range column is a fraction; there is no column for sparklines. */
export function csvOf(symbols: readonly string[], columns: readonly Column[], row: (symbol: string) => Row | undefined, nowMs: number): string {
  const fields = columns.filter(({ kind }) => kind !== "spark" && kind !== "symbol");
  const head = ["symbol", ...fields.map((column) => (column.kind === "age" ? "age_s" : column.field)), "ts"];
  const lines = symbols.map((symbol) => {
    const values = fields.map((column) => {
      const value = column.value(row(symbol), nowMs);
      if (value === null) return "";
      return column.kind === "age" ? String(Math.round(value) / 1000) : exact(value);
    });
    const ts = row(symbol)?.values["ts"];
    return [cell(symbol), ...values, ts ? new Date(ts / 1e6).toISOString() : ""].join(",");
  });
  return [head.join(","), ...lines, ""].join("\r\n");
}
