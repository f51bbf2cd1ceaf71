// The trades of the one symbol that is looked at: what is known of the `trades` channel, and what to ask for. Pure.

import type { Op, Since, Subscribed, Trades } from "./protocol.ts";

export interface Tick {
  /** Counts the trades shown, so that a view knows which are new. */
  number: number;
  ts: number;
  price: number;
  size: number;
  /** Against the trade before: up, down, or the same. */
  way: -1 | 0 | 1;
  /** How many trades before this one were lost. */
  lost: number;
}

export const KEPT = 200;
/** How far back a newly chosen symbol's trades are asked for, in trades of all symbols. */
const BACK = 4000;

export class Ticks {
  symbol: string | null = null;
  /** Newest last. */
  trades: Tick[] = [];
  lost = 0;
  private version: number | null = null;
  private known = 0;
  private epoch = "";
  private number = 0;
  private lastId = 0;
  /** The question whose answer is awaited: what comes before it belongs to the symbol before. */
  private awaiting: string | null = null;
  /** Until the answer to the first question comes, what is lost is only what was never asked for. */
  private opening = false;

  /** Another symbol. What to send, if connected. */
  choose(symbol: string | null, connected: boolean): Op[] {
    if (symbol === this.symbol) return [];
    const old = this.symbol;
    this.symbol = symbol;
    this.trades = [];
    this.version = null;
    if (!connected) return [];
    const ops: Op[] = old === null ? [] : [{ op: "unsubscribe", channel: "trades", symbols: [old] }];
    return [...ops, ...this.ask()];
  }

  resume(epoch: string): Op[] {
    if (epoch !== this.epoch) this.restart(epoch);
    // With no symbols the server tells the number of the newest trade: the next choice goes back from there.
    const probe: Op = { op: "subscribe", channel: "trades", symbols: [] };
    return [probe, ...this.ask()];
  }

  restart(epoch: string): void {
    this.epoch = epoch;
    this.version = null;
    this.known = 0;
    this.trades = [];
  }

  private ask(): Op[] {
    this.awaiting = null;
    if (this.symbol === null) return [];
    this.opening = this.version === null;
    const from = this.version ?? Math.max(0, this.known - BACK);
    const since: Since = { epoch: this.epoch, version: from };
    this.awaiting = `trades-${++this.lastId}`;
    return [{ op: "subscribe", channel: "trades", symbols: [this.symbol], since, id: this.awaiting }];
  }

  subscribed(message: Subscribed): void {
    if (message.id === this.awaiting) this.awaiting = null;
  }

  /** Take a message in; what to ask because of it. */
  receive(message: Trades): Op[] {
    this.known = Math.max(this.known, message.version);
    if (this.symbol === null || this.awaiting !== null) return [];
    if (this.version !== null && message.version <= this.version) return []; // all of it is known
    if (this.version !== null && message.since > this.version) {
      this.lost++;
      this.version = message.version;
      return this.ask();
    }
    let lost = this.opening ? 0 : Object.values(message.lost ?? {}).reduce((sum, count) => sum + count, 0);
    this.lost += lost;
    for (const [symbol, ts, price, size] of message.data) {
      if (symbol !== this.symbol) continue;
      const before = this.trades.at(-1)?.price ?? price;
      this.trades.push({ number: ++this.number, ts, price, size, way: price > before ? 1 : price < before ? -1 : 0, lost });
      lost = 0;
    }
    if (this.trades.length > KEPT) this.trades = this.trades.slice(-KEPT);
    this.version = message.version;
    this.opening = false;
    return [];
  }
}
