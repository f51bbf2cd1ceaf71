// The `trades` channel of the chosen symbol. Sans-I/O: takes messages, returns ops to send.

import type { Since } from "../protocol/common.ts";
import type { Op, Subscribed, Trades } from "../protocol/messages.ts";

export interface Trade {
  /** Counts the trades received, so that a view knows which are new. */
  number: number;
  ts: number;
  price: number;
  size: number;
  /** Compared with the trade before: up, down, or unchanged. */
  direction: -1 | 0 | 1;
  /** Trades lost before this one. */
  lost: number;
}

const MAX_TRADES = 200;
/** How far back a new choice asks for trades, in trades of all symbols. */
const BACKLOG = 4000;

export class TradesChannel {
  symbol: string | null = null;
  /** Newest last. */
  trades: Trade[] = [];
  lost = 0;
  private version: number | null = null;
  /** The newest trade number seen, of any symbol. */
  private newest = 0;
  private epoch = "";
  private number = 0;
  private lastId = 0;
  /** The id of the subscribe in flight: trades that arrive before its answer belong to the previous symbol. */
  private awaiting: string | null = null;
  /** Until the first trades of a choice arrive: what is "lost" before them was never requested. */
  private isOpening = false;

  choose(symbol: string | null, connected: boolean): Op[] {
    if (symbol === this.symbol) return [];
    const old = this.symbol;
    this.symbol = symbol;
    this.trades = [];
    this.version = null;
    if (!connected) return [];
    const ops: Op[] = old === null ? [] : [{ op: "unsubscribe", channel: "trades", symbols: [old] }];
    return [...ops, ...this.subscribe()];
  }

  /** What to send on a new connection. */
  resume(epoch: string): Op[] {
    if (epoch !== this.epoch) this.restart(epoch);
    // A subscribe without symbols returns the newest trade's number: the next choice asks for the trades before it.
    const probe: Op = { op: "subscribe", channel: "trades", symbols: [] };
    return [probe, ...this.subscribe()];
  }

  restart(epoch: string): void {
    this.epoch = epoch;
    this.version = null;
    this.newest = 0;
    this.trades = [];
  }

  private subscribe(): Op[] {
    this.awaiting = null;
    if (this.symbol === null) return [];
    this.isOpening = this.version === null;
    const from = this.version ?? Math.max(0, this.newest - BACKLOG);
    const since: Since = { epoch: this.epoch, version: from };
    this.awaiting = `trades-${++this.lastId}`;
    return [{ op: "subscribe", channel: "trades", symbols: [this.symbol], since, id: this.awaiting }];
  }

  subscribed(message: Subscribed): void {
    if (message.id === this.awaiting) this.awaiting = null;
  }

  /** Take trades; returns ops to send after a gap. */
  receive(message: Trades): Op[] {
    this.newest = Math.max(this.newest, message.version);
    if (this.symbol === null || this.awaiting !== null) return [];
    if (this.version !== null && message.version <= this.version) return []; // received before
    if (this.version !== null && message.since > this.version) {
      this.lost++;
      this.version = message.version;
      return this.subscribe();
    }
    let lost = this.isOpening ? 0 : Object.values(message.lost ?? {}).reduce((sum, count) => sum + count, 0);
    this.lost += lost;
    for (const [symbol, ts, price, size] of message.data) {
      if (symbol !== this.symbol) continue;
      const before = this.trades.at(-1)?.price ?? price;
      this.trades.push({ number: ++this.number, ts, price, size, direction: price > before ? 1 : price < before ? -1 : 0, lost });
      lost = 0;
    }
    if (this.trades.length > MAX_TRADES) this.trades = this.trades.slice(-MAX_TRADES);
    this.version = message.version;
    this.isOpening = false;
    return [];
  }
}
