// Which symbols the watchlist shows in which order: sorted anew at most once a second, and not under the mouse. Pure.

import type { Row } from "./board.ts";
import { sorted, type Sort } from "./sorting.ts";

const SORTING_MS = 1000;

export class Order {
  symbols: string[] = [];
  /** Set while the mouse is over the rows: what is about to be clicked must not move away. */
  frozen = false;
  private sortedMs = -Infinity;
  private stale = true;
  private relisted = false;

  /** The way to sort changed: sort at the next chance, frozen or not. */
  renew(): void {
    this.stale = true;
  }

  /** The list changed. Under the mouse the rows that are left stay as they stand. */
  relist(): void {
    this.relisted = true;
  }

  /** True if the order is another one now. */
  sort(listed: () => readonly string[], sort: Sort | null, row: (symbol: string) => Row | undefined, nowMs: number): boolean {
    const due = nowMs - this.sortedMs >= SORTING_MS;
    if (!this.stale && !this.relisted && !(due && !this.frozen)) return false;
    const next = this.next(listed(), sort, row, nowMs);
    this.sortedMs = nowMs;
    this.stale = this.relisted = false;
    if (next.length === this.symbols.length && next.every((symbol, at) => symbol === this.symbols[at])) return false;
    this.symbols = next;
    return true;
  }

  private next(listed: readonly string[], sort: Sort | null, row: (symbol: string) => Row | undefined, nowMs: number): string[] {
    if (this.frozen && !this.stale) {
      const left = new Set(listed);
      const stay = this.symbols.filter((symbol) => left.has(symbol));
      if (stay.length === left.size) return stay;
    }
    return sorted(listed, sort, row, nowMs);
  }
}
