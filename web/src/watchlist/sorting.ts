// Sorting the watchlist by a column.

import type { Row } from "../market/board.ts";
import { COLUMNS } from "./columns.ts";

export interface Sort {
  field: string;
  descending: boolean;
}

const names = new Intl.Collator("en", { numeric: true });

/** Stable; symbols without a value come last in both directions. */
export function sorted(symbols: readonly string[], sort: Sort | null, row: (symbol: string) => Row | undefined, nowMs: number): string[] {
  const column = sort && COLUMNS.find(({ field }) => field === sort.field);
  if (!sort || !column) return [...symbols];
  const sign = sort.descending ? -1 : 1;
  if (column.kind === "symbol") return [...symbols].sort((a, b) => sign * names.compare(a, b));
  const keyed = symbols.map((symbol) => ({ symbol, value: column.value(row(symbol), nowMs) }));
  keyed.sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
    return sign * (a.value - b.value);
  });
  return keyed.map(({ symbol }) => symbol);
}

/** The order after a click on a column header: numbers descending, then ascending, then the list's own order. */
export function nextSort(sort: Sort | null, field: string): Sort | null {
  const first = field !== "symbol";
  if (sort?.field !== field) return { field, descending: first };
  return sort.descending === first ? { field, descending: !first } : null;
}
