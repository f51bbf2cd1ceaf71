// The bars of one symbol and interval: history and live bars merged in order of time.

import { percentChange } from "../core/format.ts";
import type { Interval, WireBar } from "../protocol/messages.ts";
import { intervalText } from "./intervals.ts";

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
  /** How often it has changed since it closed. */
  revision: number;
  /** Whether trades of it are missing. */
  incomplete: boolean;
  /** Whether all its trades were cancelled: it has no prices. */
  isEmpty: boolean;
}

export interface Split {
  /** In seconds since 1970 UTC. */
  time: number;
  /** New shares for an old one: 4 of a split 4:1. */
  ratio: number;
}

/** Maximum bars kept: as many as the server keeps of the shortest interval. */
const MAX_BARS = 10_000;

export function barFrom([, ...values]: WireBar): Bar {
  return bar(values);
}

type Price = number | null;
type Values = [number, Price, Price, Price, Price, number, number | null, number | null, boolean, number?, boolean?];

function bar([start, open, high, low, close, volume, vwap, trades, closed, revision = 0, incomplete = false]: Values): Bar {
  const isEmpty = open === null || high === null || low === null || close === null;
  const prices = isEmpty ? { open: NaN, high: NaN, low: NaN, close: NaN } : { open, high, low, close };
  return { time: seconds(start), ...prices, volume, vwap, trades, closed, revision, incomplete, isEmpty };
}

function seconds(ns: number): number {
  return Math.round(ns / 1e9);
}

/** The answer of `/v1/bars/{symbol}`. */
export interface History {
  bars: Bar[];
  splits: Split[];
}

/** Parse the answer of `/v1/bars/{symbol}`; throws if it has no bars. */
export function historyFrom(answer: unknown): History {
  const found = answer as { bars?: unknown; incomplete?: unknown; revised?: unknown; splits?: unknown } | null;
  if (!Array.isArray(found?.bars)) throw new Error("the answer has no bars");
  const bars = (found.bars as Values[]).map(bar);
  const byTime = new Map(bars.map((each) => [each.time, each]));
  const change = (start: number, change: Partial<Bar>): void => void Object.assign(byTime.get(seconds(start)) ?? {}, change);
  if (Array.isArray(found.incomplete)) for (const start of found.incomplete as number[]) change(start, { incomplete: true });
  for (const [start, revision] of Object.entries((found.revised ?? {}) as Record<string, number>)) change(Number(start), { revision });
  const splits = Array.isArray(found.splits) ? (found.splits as [number, number][]).map(([ts, ratio]) => ({ time: seconds(ts), ratio })) : [];
  return { bars, splits };
}

/** `4:1`, `1:10`, `3:2`. */
export function ratioText(ratio: number): string {
  for (let old = 1; old <= 100; old++) {
    const shares = Math.round(ratio * old);
    if (shares > 0 && Math.abs(ratio * old - shares) < 1e-6 * shares) return `${shares}:${old}`;
  }
  return `${Number(ratio.toPrecision(5))}:1`;
}

export class BarSeries {
  private bars: Bar[] = [];
  /** The bars with prices; null if they are to be found again. */
  private priced: readonly Bar[] | null = null;
  /** The times of the bars that arrived while a history is on its way; null if none is. */
  private arrived: Set<number> | null = null;
  private awaited = 0;
  /** In order of time. */
  splits: readonly Split[] = [];
  /** Increases when anything but the last bar changes: a view must then redraw everything. */
  rewrites = 0;

  /** Without bars whose trades were all cancelled. These are kept: an answer that is late must not bring them back. */
  get all(): readonly Bar[] {
    return (this.priced ??= this.bars.some(({ isEmpty }) => isEmpty) ? this.bars.filter(({ isEmpty }) => !isEmpty) : this.bars);
  }

  get last(): Bar | undefined {
    return this.all.at(-1);
  }

  clear(): void {
    this.bars = [];
    this.priced = null;
    this.arrived = null;
    this.awaited = 0;
    this.splits = [];
    this.rewrites++;
  }

  /** A history is requested: bars that arrive from now on are newer than it. */
  awaitHistory(): void {
    this.arrived ??= new Set();
    this.awaited++;
  }

  /** Merge a requested history; none if the request failed. Of bars that have arrived since, it only closes or revises them. */
  mergeHistory(bars: readonly Bar[]): void {
    const { arrived } = this;
    this.arrived = null;
    this.awaited = Math.max(0, this.awaited - 1);
    const known = arrived?.size ? new Map(this.bars.map((bar) => [bar.time, bar])) : null;
    this.merge(known ? bars.filter((bar) => !arrived!.has(bar.time) || isLater(bar, known.get(bar.time))) : bars);
    if (this.awaited > 0) this.arrived = arrived;
  }

  addSplits(splits: readonly Split[]): void {
    const known = new Map([...this.splits, ...splits].map((split) => [split.time, split]));
    if (known.size === this.splits.length) return;
    this.splits = [...known.values()].sort((a, b) => a.time - b.time);
    this.rewrites++;
  }

  /** Merge bars. A closed bar is replaced only by its revisions, not by an open or an older one. */
  merge(bars: readonly Bar[]): void {
    if (bars.length === 0) return;
    this.priced = null;
    for (const { time } of this.arrived ? bars : []) this.arrived?.add(time);
    if (bars.length < 4) {
      for (const bar of bars) this.add(bar);
      return;
    }
    const byTime = new Map(this.bars.map((bar) => [bar.time, bar]));
    for (const bar of bars) if (replaces(bar, byTime.get(bar.time))) byTime.set(bar.time, bar);
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
      if (!replaces(bar, same)) return;
      this.bars[at] = bar;
    } else this.bars.splice(at + 1, 0, bar);
    // The chart can update its last bar alone; any other change is a redraw.
    if (at < this.bars.length - 1 || bar.isEmpty || same?.isEmpty) this.rewrites++;
  }
}

/** Whether a bar is closed or revised further than the one known. */
function isLater(bar: Bar, old: Bar | undefined): boolean {
  return !old || bar.revision > old.revision || (bar.closed && !old.closed);
}

function replaces(bar: Bar, old: Bar | undefined): boolean {
  return !old?.closed || (bar.closed && bar.revision >= old.revision);
}

/** The splits at the first bars that they apply to, of bars in order of time and `length` seconds each. */
export function splitBars(bars: readonly Bar[], splits: readonly Split[], length: number): { time: number; ratio: number }[] {
  return splits.flatMap(({ time, ratio }) => {
    const at = bars.findLastIndex((bar) => bar.time <= time);
    if (at < 0) return [];
    // After the end of a bar, as between two sessions, it applies to the next one.
    const bar = time >= bars[at]!.time + length ? (bars[at + 1] ?? bars[at]!) : bars[at]!;
    return [{ time: bar.time, ratio }];
  });
}

/** The chart's content as text, for screen readers. */
export function summary(symbol: string, interval: Interval, bars: readonly Bar[], time: (s: number) => string, price: (value: number) => string): string {
  const first = bars[0];
  const last = bars.at(-1);
  if (!first || !last) return `${symbol}: no ${intervalText(interval)} bars yet.`;
  const high = bars.reduce((most, bar) => Math.max(most, bar.high), -Infinity);
  const low = bars.reduce((least, bar) => Math.min(least, bar.low), Infinity);
  const change = percentChange(last.close, first.open) ?? 0;
  const direction = change > 0 ? "up" : change < 0 ? "down" : "unchanged,";
  const count = `${bars.length} ${intervalText(interval)} bar${bars.length === 1 ? "" : "s"}`;
  return (
    `${symbol}: ${count} from ${time(first.time)} to ${time(last.time)}, ${direction} ${Math.abs(change).toFixed(2)} percent. ` +
    `Last ${price(last.close)}, highest ${price(high)}, lowest ${price(low)}.`
  );
}
