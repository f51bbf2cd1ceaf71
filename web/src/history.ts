// Fills the sparklines of what is in sight with the bars of the last minutes, a few at a time.

import { barsFrom } from "./bars.ts";
import type { Context } from "./context.ts";
import { ask, barsPath, Refused } from "./http.ts";
import { backfill, POINTS } from "./sparks.ts";

const AT_ONCE = 3;

export class History {
  private readonly known = new Set<string>();
  private waiting: string[] = [];
  private under = 0;
  private refused = false;

  constructor(private readonly context: Context) {
    context.live.epoch.onChange(() => {
      this.known.clear();
      this.refused = false;
    });
  }

  /** Fetch for those of these symbols that have values and no history yet. */
  fill(symbols: readonly string[]): void {
    if (this.refused || document.hidden) return;
    this.waiting = symbols.filter((symbol) => !this.known.has(symbol) && this.context.live.board.row(symbol));
    while (this.under < AT_ONCE && this.waiting.length > 0) void this.fetch(this.waiting.shift()!);
  }

  private async fetch(symbol: string): Promise<void> {
    this.known.add(symbol);
    this.under++;
    const epoch = this.context.live.epoch.value;
    try {
      const bars = barsFrom(await ask(barsPath(symbol, "5s", POINTS)));
      const row = this.context.live.board.row(symbol);
      if (row && epoch === this.context.live.epoch.value) backfill(row.spark, bars.map(({ time, close }) => [time * 1e9, close] as const));
    } catch (error) {
      // Sparklines then grow from now on; that a server has no bars is told by the chart.
      this.refused = error instanceof Refused && error.status !== 0;
    } finally {
      this.under--;
      const next = this.waiting.shift();
      if (next !== undefined && !this.refused) void this.fetch(next);
    }
  }
}
