// The watchlist's columns: labels, values, formats.

import { age, apart, average, difference, NO_VALUE, percent, percentChange, price, short, signed } from "../core/format.ts";
import type { Row } from "../market/board.ts";

export interface Column {
  /** The wire name of the field, or the name of a computed column. */
  field: string;
  label: string;
  /** The full name, for the menu and screen readers. */
  title: string;
  /** Minimum width in px. */
  width: number;
  kind: "symbol" | "price" | "number" | "signed" | "range" | "spark" | "age";
  value(row: Row | undefined, nowMs: number): number | null;
  text(value: number | null): string;
}

const field = (name: string) => (row: Row | undefined): number | null => row?.values[name] ?? null;

/** The price that changes are measured from: the previous close, or without one the day's open. */
function reference(row: Row | undefined): number | null {
  return row?.values["prev_close"] ?? row?.values["open"] ?? null;
}

export function change(row: Row | undefined): number | null {
  const from = reference(row);
  const last = row?.values["last"] ?? null;
  return from === null || last === null ? null : difference(last, from);
}

export function changePercent(row: Row | undefined): number | null {
  const from = reference(row);
  const last = row?.values["last"] ?? null;
  return from === null || last === null ? null : percentChange(last, from);
}

function spread(row: Row | undefined): number | null {
  const { bid, ask } = row?.values ?? {};
  return bid === undefined || bid === null || ask === undefined || ask === null ? null : difference(ask, bid);
}

/** The last price's position between the day's low (0) and high (1). */
export function inRange(row: Row | undefined): number | null {
  const { low, high, last } = row?.values ?? {};
  if (low == null || high == null || last == null) return null;
  return high > low ? Math.min(1, Math.max(0, (last - low) / (high - low))) : 0.5;
}

function column(name: string, label: string, title: string, width: number, kind: Column["kind"], rest: Partial<Column> = {}): Column {
  const text = kind === "price" ? price : kind === "signed" ? signed : short;
  return { field: name, label, title, width, kind, value: field(name), text, ...rest };
}

export const COLUMNS: readonly Column[] = [
  column("symbol", "Symbol", "Symbol", 86, "symbol", { value: () => null }),
  column("last", "Last", "Last price", 90, "price"),
  column("change", "Chg", "Change since the previous close", 78, "signed", { value: change }),
  column("change_pct", "Chg %", "Change in percent", 66, "signed", { value: changePercent, text: percent }),
  column("spark", "Trend", "Trend of the last 5 minutes", 78, "spark", { value: changePercent }),
  column("bid", "Bid", "Bid", 74, "price"),
  column("ask", "Ask", "Ask", 74, "price"),
  column("spread", "Spread", "Spread between bid and ask", 68, "price", { value: spread, text: apart }),
  column("volume", "Volume", "Day's volume", 58, "number"),
  column("range", "Low–high", "Last price within the day's range", 70, "range", { value: inRange }),
  column("low", "Low", "Day's low", 80, "price"),
  column("high", "High", "Day's high", 80, "price"),
  column("vwap", "VWAP", "Day's volume-weighted average price", 80, "price", { text: average }),
  column("trades", "Trades", "Day's number of trades", 70, "number"),
  column("age", "Age", "Time since the last tick", 52, "age", {
    value: (row, nowMs) => (row ? nowMs - row.updatedMs : null),
    text: (value) => (value === null ? NO_VALUE : age(value)),
  }),
];

export const DEFAULT_COLUMNS = ["symbol", "last", "change_pct", "spark", "bid", "ask", "volume", "range"];

/** The columns of these fields in the table's order, always with the symbol. */
export function columnsOf(fields: readonly string[]): Column[] {
  const chosen = new Set(["symbol", ...fields]);
  return COLUMNS.filter((column) => chosen.has(column.field));
}
