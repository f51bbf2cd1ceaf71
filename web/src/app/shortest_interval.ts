// Finds the shortest interval with bars where the chosen one has none: a feed of daily bars has no shorter ones. A page
// that has just been opened takes it; later the chart says which it is.

import { barsPath, fetchJson } from "../core/http.ts";
import { historyFrom } from "../market/bars.ts";
import { secondsOf } from "../market/intervals.ts";
import { INTERVALS } from "../protocol/messages.ts";
import type { Context } from "./context.ts";
import { DEFAULTS } from "./settings.ts";

/** With fewer 1-minute bars a first visitor gets 1-second bars. */
const MIN_BARS = 3;
/** A single bar may be the open one of a market that has just begun. */
const MIN_LONGER_BARS = 2;
/** While the chart is empty, after this time, and then less and less often. */
const LOOK_MS = 3000;
const MAX_LOOK_MS = 60_000;
/** Lengths of bars in files, besides those that the server keeps: where 1h is the first kept one with bars, they may be of 10m. */
const OTHERS = ["10s", "15s", "30s", "2m", "3m", "10m", "20m", "30m", "2h", "3h", "4h", "6h", "8h", "12h"];

export class ShortestInterval {
  /** Until the chart has bars or the user chooses an interval. */
  private isOpening = true;
  private isLooking = false;
  private waitMs = LOOK_MS;
  private lookedMs = 0;
  private generation = -1;
  private readonly isFirstVisit: boolean;

  constructor(private readonly context: Context) {
    const { stream } = context;
    this.isFirstVisit = context.isFirstVisit;
    stream.onHistory = (count) => this.received(count);
    setInterval(() => {
      if (stream.connected && !document.hidden && stream.bars.isEmpty && Date.now() - this.lookedMs >= this.waitMs) void this.look();
    }, LOOK_MS / 3);
  }

  /** The user has chosen an interval: keep it. */
  chosen(): void {
    this.isOpening = false;
  }

  private received(count: number): void {
    const { settings } = this.context;
    if (count === 0) return void this.look();
    // A server that has just started has no 1-minute bars yet. A returning user keeps the chosen interval.
    const isYoung = this.isOpening && this.isFirstVisit && count < MIN_BARS && settings.value.interval === DEFAULTS.interval;
    if (isYoung) void this.younger();
    else this.isOpening = false;
  }

  /** Change to seconds, unless the feed has none. */
  private async younger(): Promise<void> {
    this.isOpening = false;
    const { generation } = this.context.stream.bars;
    // The chart shows why there are no bars.
    const count = await this.count("1s").catch(() => 0);
    if (count > 0 && generation === this.context.stream.bars.generation) this.context.set({ interval: "1s" });
  }

  private async look(): Promise<void> {
    const { bars } = this.context.stream;
    const { generation, interval } = bars;
    if (this.isLooking || !bars.isEmpty) return;
    this.isLooking = true;
    this.waitMs = generation === this.generation ? Math.min(MAX_LOOK_MS, this.waitMs * 2) : LOOK_MS;
    this.generation = generation;
    const isCurrent = (): boolean => generation === bars.generation && bars.isEmpty;
    try {
      const longer = await this.first(INTERVALS.filter((each) => secondsOf(each) > secondsOf(interval)), isCurrent);
      if (longer === null) return;
      const parts = OTHERS.filter((each) => secondsOf(each) > secondsOf(interval) && secondsOf(each) < secondsOf(longer) && secondsOf(longer) % secondsOf(each) === 0);
      const shortest = (await this.first(parts, isCurrent).catch(() => null)) ?? longer;
      if (!isCurrent()) return;
      if (this.isOpening) this.context.set({ interval: shortest });
      else bars.hint = `This feed has no bars shorter than ${shortest}.`;
      this.isOpening = false;
      this.context.painter.request();
    } catch {
      // The chart shows why there are no bars.
    } finally {
      this.isLooking = false;
      this.lookedMs = Date.now();
    }
  }

  /** The first of these intervals that has several bars. */
  private async first(intervals: readonly string[], isCurrent: () => boolean): Promise<string | null> {
    for (const interval of intervals) {
      const count = await this.count(interval);
      if (!isCurrent()) return null;
      if (count >= MIN_LONGER_BARS) return interval;
    }
    return null;
  }

  /** How many bars of an interval there are, at most as many as matter here. */
  private async count(interval: string): Promise<number> {
    const { symbol } = this.context.stream.bars;
    if (symbol === null) return 0;
    return historyFrom(await fetchJson(barsPath(symbol, interval, MIN_LONGER_BARS))).bars.length;
  }
}
