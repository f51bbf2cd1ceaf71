// The `trades` channel of the chosen symbol. Sans-I/O: takes messages, returns ops to send.

import type { Since } from "../protocol/common.ts";
import type { Op, Subscribed, Trades, WireTrade } from "../protocol/messages.ts";

export interface Trade {
  /** Counts the trades received, so that a view knows which are new. */
  number: number;
  ts: number;
  price: number;
  size: number;
  /** The sale conditions as the feed states them. */
  conditions: readonly string[];
  /** The feed's number of the trade; 0: it has none. */
  id: number;
  /** Older than the newest trade before it. */
  isLate: boolean;
  isCancelled: boolean;
  /** Price and size before the feed corrected them. */
  before: { price: number; size: number } | null;
  /** Compared with the trade before that counts: up, down, or unchanged. */
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
  /** Increases when trades of the list change: a view must then write them again. */
  amendments = 0;
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
    const probe: Op = { op: "subscribe", channel: "trades", symbols: [], revisions: true };
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
    return [{ op: "subscribe", channel: "trades", symbols: [this.symbol], since, revisions: true, id: this.awaiting }];
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
    for (const row of message.data) {
      if (row[0] !== this.symbol) continue;
      if (row[6] === "cancel" || row[6] === "correct") this.amend(row);
      else {
        this.add(row, lost);
        lost = 0;
      }
    }
    if (this.trades.length > MAX_TRADES) this.trades = this.trades.slice(-MAX_TRADES);
    this.version = message.version;
    this.isOpening = false;
    return [];
  }

  private add([, ts, price, size, conditions = [], id = 0, change = null]: WireTrade, lost: number): void {
    const isLate = change === "late";
    const before = this.trades.findLast((trade) => !trade.isLate && !trade.isCancelled)?.price ?? price;
    const direction = isLate ? 0 : directionOf(price, before);
    this.trades.push({ number: ++this.number, ts, price, size, conditions, id, isLate, isCancelled: false, before: null, direction, lost });
  }

  /** Cancel or correct a trade; one that is no longer in the list needs no change. */
  private amend([, ts, price, size, conditions = [], id = 0, change]: WireTrade): void {
    // Ids beyond 2^53 are rounded, and no longer unique: a change has the time of its trade.
    const at = id === 0 ? -1 : this.trades.findLastIndex((trade) => trade.id === id && trade.ts === ts);
    const trade = this.trades[at];
    if (!trade) return;
    const before = trade.before ?? { price: trade.price, size: trade.size };
    this.trades[at] = change === "cancel" ? { ...trade, isCancelled: true } : { ...trade, price, size, conditions, before };
    this.direct(at);
    this.amendments++;
  }

  /** Find the directions again from this trade on. */
  private direct(from: number): void {
    let before = this.trades.slice(0, from).findLast((trade) => !trade.isLate && !trade.isCancelled)?.price;
    for (const trade of this.trades.slice(from)) {
      if (trade.isLate) continue;
      if (before !== undefined || trade.isCancelled) trade.direction = trade.isCancelled ? 0 : directionOf(trade.price, before!);
      if (!trade.isCancelled) before = trade.price;
    }
  }
}

function directionOf(price: number, before: number): -1 | 0 | 1 {
  return price > before ? 1 : price < before ? -1 : 0;
}
