// The bars of one symbol and interval: history and live bars merged in order of time.

import { percentChange } from "../core/format.ts";
import type { Interval, WireBar } from "../protocol/messages.ts";

export interface Bar {
  /** Start, in seconds since 1970 UTC: the chart's unit. */
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  vwap: number | null;
  trades: number | null;
  closed: boolean;
}

export const INTERVAL_S: Record<Interval, number> = {
  "1s": 1,
  "5s": 5,
  "1m": 60,
  "5m": 300,
  "15m": 900,
  "1h": 3600,
  "1d": 86_400,
};

/** Maximum bars kept: as many as the server keeps of the shortest interval. */
const MAX_BARS = 10_000;

export function barFrom([, ...values]: WireBar): Bar {
  return bar(values);
}

type Values = [number, number, number, number, number, number, number | null, number | null, boolean];

function bar([start, open, high, low, close, volume, vwap, trades, closed]: Values): Bar {
  return { time: Math.round(start / 1e9), open, high, low, close, volume, vwap, trades, closed };
}

/** Parse the answer of `/v1/bars/{symbol}`; throws if it has no bars. */
export function barsFrom(answer: unknown): Bar[] {
  const found = answer as { bars?: unknown } | null;
  if (!Array.isArray(found?.bars)) throw new Error("the answer has no bars");
  return (found.bars as Values[]).map(bar);
}

export class BarSeries {
  private bars: Bar[] = [];
  /** Increases when anything but the last bar changes: a view must then redraw everything. */
  rewrites = 0;

  get all(): readonly Bar[] {
    return this.bars;
  }

  get last(): Bar | undefined {
    return this.bars.at(-1);
  }

  clear(): void {
    this.bars = [];
    this.rewrites++;
  }

  /** Merge bars. A closed bar is final: an open one does not replace it. */
  merge(bars: readonly Bar[]): void {
    if (bars.length === 0) return;
    if (bars.length < 4) {
      for (const bar of bars) this.add(bar);
      return;
    }
    const byTime = new Map(this.bars.map((bar) => [bar.time, bar]));
    for (const bar of bars) if (!byTime.get(bar.time)?.closed || bar.closed) byTime.set(bar.time, bar);
    this.bars = [...byTime.values()].sort((a, b) => a.time - b.time).slice(-MAX_BARS);
    this.rewrites++;
  }

  private add(bar: Bar): void {
    const last = this.bars.at(-1);
    if (!last || bar.time > last.time) {
      this.bars.push(bar);
      if (this.bars.length > MAX_BARS * 1.1) {
        this.bars = this.bars.slice(-MAX_BARS);
        this.rewrites++;
      }
      return;
    }
    let at = this.bars.length - 1;
    while (at >= 0 && this.bars[at]!.time > bar.time) at--;
    const same = this.bars[at];
    if (same?.time === bar.time) {
      if (same.closed && !bar.closed) return;
      this.bars[at] = bar;
    } else this.bars.splice(at + 1, 0, bar);
    // The chart can update its last bar alone; any other change is a redraw.
    if (at < this.bars.length - 1) this.rewrites++;
  }
}

const INTERVAL_TEXT: Record<Interval, string> = {
  "1s": "1-second",
  "5s": "5-second",
  "1m": "1-minute",
  "5m": "5-minute",
  "15m": "15-minute",
  "1h": "1-hour",
  "1d": "daily",
};

/** The chart's content as text, for screen readers. */
export function summary(symbol: string, interval: Interval, bars: readonly Bar[], time: (s: number) => string, price: (value: number) => string): string {
  const first = bars[0];
  const last = bars.at(-1);
  if (!first || !last) return `${symbol}: no ${INTERVAL_TEXT[interval]} bars yet.`;
  const high = bars.reduce((most, bar) => Math.max(most, bar.high), -Infinity);
  const low = bars.reduce((least, bar) => Math.min(least, bar.low), Infinity);
  const change = percentChange(last.close, first.open) ?? 0;
  const direction = change > 0 ? "up" : change < 0 ? "down" : "unchanged,";
  const count = `${bars.length} ${INTERVAL_TEXT[interval]} bar${bars.length === 1 ? "" : "s"}`;
  return (
    `${symbol}: ${count} from ${time(first.time)} to ${time(last.time)}, ${direction} ${Math.abs(change).toFixed(2)} percent. ` +
    `Last ${price(last.close)}, highest ${price(high)}, lowest ${price(low)}.`
  );
}
