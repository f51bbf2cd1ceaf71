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
/** While the chart is empty, this often. */
const LOOK_MS = 3000;

export class ShortestInterval {
  /** Until the chart has bars or the user chooses an interval. */
  private isOpening = true;
  private isLooking = false;
  private readonly isFirstVisit: boolean;

  constructor(private readonly context: Context) {
    const { stream } = context;
    this.isFirstVisit = context.isFirstVisit;
    stream.onHistory = (count) => this.received(count);
    setInterval(() => {
      if (stream.connected && !document.hidden && stream.bars.isEmpty) void this.look();
    }, LOOK_MS);
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
    if ((await this.count("1s")) > 0 && generation === this.context.stream.bars.generation) this.context.set({ interval: "1s" });
  }

  private async look(): Promise<void> {
    const { bars } = this.context.stream;
    const { generation, interval } = bars;
    if (this.isLooking || !bars.isEmpty) return;
    this.isLooking = true;
    try {
      for (const longer of INTERVALS.filter((each) => secondsOf(each) > secondsOf(interval))) {
        const count = await this.count(longer);
        if (generation !== bars.generation || !bars.isEmpty) return;
        if (count < MIN_LONGER_BARS) continue;
        if (this.isOpening) this.context.set({ interval: longer });
        else bars.hint = `This feed has no bars shorter than ${longer}.`;
        this.isOpening = false;
        this.context.painter.request();
        return;
      }
    } catch {
      // The chart shows why there are no bars.
    } finally {
      this.isLooking = false;
    }
  }

  /** How many bars of an interval there are, at most as many as matter here. */
  private async count(interval: string): Promise<number> {
    const { symbol } = this.context.stream.bars;
    if (symbol === null) return 0;
    return historyFrom(await fetchJson(barsPath(symbol, interval, MIN_LONGER_BARS))).bars.length;
  }
}
