// The `bars` channel of the chosen symbol and interval. Sans-I/O: takes messages, returns ops to send.

import { barFrom, BarSeries } from "../market/bars.ts";
import type { Bars, Interval, Op, Subscribed } from "../protocol/messages.ts";

export class BarsChannel {
  readonly series = new BarSeries();
  symbol: string | null = null;
  interval: Interval;
  /** Increases with each choice and epoch: answers to older requests are discarded. */
  generation = 0;
  /** Why there are no bars; null if there is no error. */
  error: string | null = null;
  /** What the feed has instead of these bars. */
  hint: string | null = null;
  private lastId = 0;
  /** The id of the subscribe in flight: bars that arrive before its answer belong to the previous choice. */
  private awaiting: string | null = null;
  /** The number of the newest closed bar received; of an interval that the server does not keep, a time. */
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
    const leave: Op[] = old === null ? [] : [{ op: "unsubscribe", channel: "bars", symbols: [old], interval: oldInterval }];
    return [...leave, ...this.subscribe()];
  }

  /** What to send on a new connection. */
  resume(): Op[] {
    this.generation++;
    this.version = null;
    return this.subscribe();
  }

  /** Discard all bars: another choice or a new epoch. */
  restart(): void {
    this.series.clear();
    this.generation++;
    this.error = null;
    this.hint = null;
    this.version = null;
  }

  /** Whether a symbol is chosen and has no bars, for no known reason. */
  get isEmpty(): boolean {
    return this.symbol !== null && this.series.all.length === 0 && this.error === null && this.hint === null;
  }

  private subscribe(): Op[] {
    this.error = null;
    this.awaiting = null;
    if (this.symbol === null) return [];
    this.awaiting = `bars-${++this.lastId}`;
    return [{ op: "subscribe", channel: "bars", symbols: [this.symbol], interval: this.interval, revisions: true, id: this.awaiting }];
  }

  /** True if these bars will arrive from now on: the caller fetches the history. */
  subscribed(message: Subscribed): boolean {
    if (this.awaiting === null || message.id !== this.awaiting) return false;
    this.awaiting = null;
    const isRejected = this.symbol !== null && message.rejected !== undefined && Object.hasOwn(message.rejected, this.symbol);
    if (isRejected) this.error = "This server does not offer the symbol.";
    return !isRejected;
  }

  /** Whether the error answers this channel's subscribe. */
  refused(id: number | string | undefined, text: string): boolean {
    if (this.awaiting === null || id !== this.awaiting) return false;
    this.awaiting = null;
    this.error = text;
    return true;
  }

  /** Merge bars. True if some were missed: the caller fetches the history again. */
  receive(message: Bars): boolean {
    if (message.interval !== this.interval || this.awaiting !== null) return false;
    const missed = (this.version !== null && message.since > this.version) || message.lost !== undefined;
    this.version = message.version;
    this.series.merge(message.data.filter((row) => row[0] === this.symbol).map(barFrom));
    return missed;
  }
}
