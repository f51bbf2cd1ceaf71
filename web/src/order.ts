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

  /** The list or the way to sort it changed: sort at the next chance, frozen or not. */
  renew(): void {
    this.stale = true;
  }

  /** True if the order is another one now. */
  sort(listed: () => readonly string[], sort: Sort | null, row: (symbol: string) => Row | undefined, nowMs: number): boolean {
    const due = nowMs - this.sortedMs >= SORTING_MS;
    if (!this.stale && !(due && !this.frozen)) return false;
    this.sortedMs = nowMs;
    this.stale = false;
    const next = sorted(listed(), sort, row, nowMs);
    if (next.length === this.symbols.length && next.every((symbol, at) => symbol === this.symbols[at])) return false;
    this.symbols = next;
    return true;
  }
}
