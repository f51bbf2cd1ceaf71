// Fetches the recent bars of the visible rows for their sparklines, a few at a time.

import { barsPath, fetchJson, HttpError } from "../core/http.ts";
import { historyFrom } from "../market/bars.ts";
import { backfill, POINTS } from "../market/sparkline.ts";
import type { Context } from "./context.ts";

const MAX_CONCURRENT = 3;

export class SparklineHistory {
  private readonly requested = new Set<string>();
  private waiting: string[] = [];
  private running = 0;
  private isRefused = false;

  constructor(private readonly context: Context) {
    context.stream.epoch.onChange(() => {
      this.requested.clear();
      this.isRefused = false;
    });
  }

  /** Fetch the history of those symbols that have values and no history yet. */
  fill(symbols: readonly string[]): void {
    if (this.isRefused || document.hidden) return;
    this.waiting = symbols.filter((symbol) => !this.requested.has(symbol) && this.context.stream.board.row(symbol));
    while (this.running < MAX_CONCURRENT && this.waiting.length > 0) void this.fetch(this.waiting.shift()!);
  }

  private async fetch(symbol: string): Promise<void> {
    this.requested.add(symbol);
    this.running++;
    const epoch = this.context.stream.epoch.value;
    try {
      const { bars } = historyFrom(await fetchJson(barsPath(symbol, "5s", POINTS)));
      const row = this.context.stream.board.row(symbol);
      if (row && epoch === this.context.stream.epoch.value) backfill(row.spark, bars.filter(({ isEmpty }) => !isEmpty).map(({ time, close }) => [time * 1e9, close] as const));
    } catch (error) {
      // Without history a sparkline begins now. The chart shows why a server has no bars.
      this.isRefused = error instanceof HttpError && error.status !== 0;
    } finally {
      this.running--;
      const next = this.waiting.shift();
      if (next !== undefined && !this.isRefused) void this.fetch(next);
    }
  }
}
