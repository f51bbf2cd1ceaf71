// The order of the watchlist's rows: sorted at most once a second, and not while the mouse is over them.

import type { Row } from "../market/board.ts";
import { type Sort, sorted } from "./sorting.ts";

const SORT_INTERVAL_MS = 1000;

export class RowOrder {
  symbols: string[] = [];
  /** Set while the mouse is over the rows: they must not move under a click. */
  frozen = false;
  private sortedMs = -Infinity;
  private isStale = true;
  private isRelisted = false;

  /** The sort order changed: sort at the next call, even if frozen. */
  invalidate(): void {
    this.isStale = true;
  }

  /** The list changed. If frozen, the remaining rows keep their order. */
  listChanged(): void {
    this.isRelisted = true;
  }

  /** Sort if due. True if the order changed. */
  sort(listed: () => readonly string[], sort: Sort | null, row: (symbol: string) => Row | undefined, nowMs: number): boolean {
    const due = nowMs - this.sortedMs >= SORT_INTERVAL_MS;
    if (!this.isStale && !this.isRelisted && !(due && !this.frozen)) return false;
    const next = this.next(listed(), sort, row, nowMs);
    this.sortedMs = nowMs;
    this.isStale = this.isRelisted = false;
    if (next.length === this.symbols.length && next.every((symbol, at) => symbol === this.symbols[at])) return false;
    this.symbols = next;
    return true;
  }

  private next(listed: readonly string[], sort: Sort | null, row: (symbol: string) => Row | undefined, nowMs: number): string[] {
    if (this.frozen && !this.isStale) {
      const left = new Set(listed);
      const stay = this.symbols.filter((symbol) => left.has(symbol));
      if (stay.length === left.size) return stay;
    }
    return sorted(listed, sort, row, nowMs);
  }
}
