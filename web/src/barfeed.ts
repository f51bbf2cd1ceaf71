// Where the chart's bars come from: which ones are asked for, and what of what comes belongs to them. Pure.

import { barFrom, BarSeries } from "./bars.ts";
import type { Bars, Interval, Op, Subscribed } from "./protocol.ts";

export class BarFeed {
  readonly series = new BarSeries();
  symbol: string | null = null;
  interval: Interval;
  /** Grows with each choice and epoch: an answer to an older question is thrown away. */
  turn = 0;
  /** Why there are no bars, in words; null while there are. */
  refusal: string | null = null;
  private lastId = 0;
  /** The question whose answer is awaited: what comes before it belongs to the choice before. */
  private awaiting: string | null = null;
  /** The number of the last closed bar that the page knows of. */
  private version: number | null = null;

  constructor(interval: Interval) {
    this.interval = interval;
  }

  choose(symbol: string | null, interval: Interval, connected: boolean): Op[] {
    if (symbol === this.symbol && interval === this.interval) return [];
    const { symbol: old, interval: oldInterval } = this;
    this.symbol = symbol;
    this.interval = interval;
    this.restart();
    if (!connected) return [];
    const left: Op[] = old === null ? [] : [{ op: "unsubscribe", channel: "bars", symbols: [old], interval: oldInterval }];
    return [...left, ...this.ask()];
  }

  resume(): Op[] {
    this.turn++;
    this.version = null;
    return this.ask();
  }

  restart(): void {
    this.series.clear();
    this.turn++;
    this.refusal = null;
    this.version = null;
  }

  private ask(): Op[] {
    this.refusal = null;
    this.awaiting = null;
    if (this.symbol === null) return [];
    this.awaiting = `bars-${++this.lastId}`;
    return [{ op: "subscribe", channel: "bars", symbols: [this.symbol], interval: this.interval, id: this.awaiting }];
  }

  /** True if the server sends these bars from now on: then the history before them is to be fetched. */
  subscribed(message: Subscribed): boolean {
    if (this.awaiting === null || message.id !== this.awaiting) return false;
    this.awaiting = null;
    const isRejected = this.symbol !== null && message.rejected !== undefined && Object.hasOwn(message.rejected, this.symbol);
    if (isRejected) this.refusal = "This server does not offer the symbol.";
    return !isRejected;
  }

  refused(id: number | string | undefined, words: string): boolean {
    if (this.awaiting === null || id !== this.awaiting) return false;
    this.awaiting = null;
    this.refusal = words;
    return true;
  }

  /** Lay bars over. True if some were missed: then the history is to be fetched again. */
  receive(message: Bars): boolean {
    if (message.interval !== this.interval || this.awaiting !== null) return false;
    const missed = (this.version !== null && message.since > this.version) || message.lost !== undefined;
    this.version = message.version;
    this.series.merge(message.data.filter((row) => row[0] === this.symbol).map(barFrom));
    return missed;
  }
}
