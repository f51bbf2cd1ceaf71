// The columns of the watchlist: what each is called, what it sorts by and how it reads. Pure.

import type { Row } from "./board.ts";
import { age, apart, average, NOTHING, percent, price, short, signed } from "./format.ts";

export interface Column {
  /** The wire's name of the field, where it is one. */
  field: string;
  label: string;
  /** The whole name, for the menu and for screen readers. */
  title: string;
  /** Its width in px: the least that it needs. */
  width: number;
  kind: "symbol" | "price" | "number" | "signed" | "range" | "spark" | "age";
  value(row: Row | undefined, nowMs: number): number | null;
  text(value: number | null): string;
}

const field = (name: string) => (row: Row | undefined): number | null => row?.values[name] ?? null;

/** What a change counts from: yesterday's close, and where there is none, today's open. */
export function reference(row: Row | undefined): number | null {
  return row?.values["prev_close"] ?? row?.values["open"] ?? null;
}

export function change(row: Row | undefined): number | null {
  const from = reference(row);
  const last = row?.values["last"] ?? null;
  return from === null || last === null ? null : tidy(last - from);
}

export function changePercent(row: Row | undefined): number | null {
  const from = reference(row);
  const difference = change(row);
  return from === null || difference === null ? null : (difference / from) * 100;
}

/** Without the noise that a difference of two prices has in its last digits. */
function tidy(difference: number): number {
  return Number(difference.toFixed(8));
}

function spread(row: Row | undefined): number | null {
  const { bid, ask } = row?.values ?? {};
  return bid === undefined || bid === null || ask === undefined || ask === null ? null : tidy(ask - bid);
}

/** Where the last price is between the day's low (0) and high (1). */
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
  column("change", "Chg", "Change since the close before", 78, "signed", { value: change }),
  column("change_pct", "Chg %", "Change in percent", 66, "signed", { value: changePercent, text: percent }),
  column("spark", "Trend", "Trend of the last minutes", 78, "spark", { value: changePercent }),
  column("bid", "Bid", "Bid", 74, "price"),
  column("ask", "Ask", "Ask", 74, "price"),
  column("spread", "Spread", "Spread between bid and ask", 68, "price", { value: spread, text: apart }),
  column("volume", "Volume", "Volume of the day", 58, "number"),
  column("range", "Low–high", "Last price between the day's low and high", 70, "range", { value: inRange }),
  column("low", "Low", "Low of the day", 80, "price"),
  column("high", "High", "High of the day", 80, "price"),
  column("vwap", "VWAP", "Volume-weighted average price of the day", 80, "price", { text: average }),
  column("trades", "Trades", "Number of trades of the day", 70, "number"),
  column("age", "Age", "Time since the newest tick", 52, "age", {
    value: (row, nowMs) => (row ? nowMs - row.heardMs : null),
    text: (value) => (value === null ? NOTHING : age(value)),
  }),
];

export const DEFAULT_COLUMNS = ["symbol", "last", "change_pct", "spark", "bid", "ask", "volume", "range"];

/** The columns of these fields, in the order of the table; the symbol is always among them. */
export function columnsOf(fields: readonly string[]): Column[] {
  const chosen = new Set(["symbol", ...fields]);
  return COLUMNS.filter((column) => chosen.has(column.field));
}
