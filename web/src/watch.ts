// What the page has of the `ticker` channel: which symbols it wants, which of them have certainly come whole, as of
// which version; and what to ask for. Pure: messages in, messages to send out. The values themselves are the board's.

import type { Board } from "./board.ts";
import { portions, type Limits, type Op, type Subscribe, type Subscribed, type Update } from "./protocol.ts";

export const ALL = "*";
/** Why a symbol isn't watched though it is wanted: the server gives one connection no more. */
export const TOO_MANY = "too-many-symbols";
/** More updates than a connection sees: a symbol whose subscribe was not answered yet isn't settled by them. */
const UNANSWERED = Number.MAX_SAFE_INTEGER;

export type Laid = "laid" | "gap" | "ignored";

export class Watch {
  /** What the page has of the symbols that are not fresh. Kept exactly: it is never read from a float stamp. */
  version = 0;
  updates = 0;
  readonly rejected = new Map<string, string>();
  /** What the page would have, and as much of it as the server gives one connection. */
  private desired = new Set<string>();
  private wanted = new Set<string>();
  private limit = Infinity;
  /** Symbols that have not certainly come whole, with how many snapshots must end before they have. */
  private fresh = new Map<string, number>();
  private whole = true;
  /** A gap was found and its answer is awaited: until then nothing joins on. */
  private awaiting = false;
  /** The next update says where the server really goes on. */
  private joining = false;
  private epoch = "";
  private messageBytes = 65_536;
  private readonly asked = new Map<number | string, Subscribe>();
  private lastId = 0;

  constructor(private readonly board: Board) {}

  readonly wants = (symbol: string): boolean => this.wanted.has(ALL) || this.wanted.has(symbol);

  /** Want exactly these from now on; the first ones, if they are too many. What to send, if connected. */
  want(symbols: Iterable<string>, connected: boolean): Op[] {
    this.desired = new Set(symbols);
    return this.change(connected);
  }

  private change(connected: boolean): Op[] {
    const next = this.desired.has(ALL) ? new Set([ALL]) : new Set([...this.desired].slice(0, this.limit));
    const added = [...next].filter((symbol) => !this.wanted.has(symbol));
    const removed = [...this.wanted].filter((symbol) => !next.has(symbol));
    const leavesAll = this.wanted.has(ALL) && !next.has(ALL);
    this.wanted = next;
    for (const symbol of removed) this.fresh.delete(symbol);
    for (const [symbol, reason] of this.rejected) if (!next.has(symbol) || reason === TOO_MANY) this.rejected.delete(symbol);
    this.rejectBeyond();
    this.board.keep(this.wants);
    if (!connected) {
      for (const symbol of added) this.fresh.set(symbol, UNANSWERED);
      return [];
    }
    const ops: Op[] = [];
    // While all are watched, single ones can't be taken out, and are covered; so they are simply left to the server.
    if (removed.length > 0 && !next.has(ALL)) {
      const symbols = leavesAll ? [ALL] : removed;
      for (const part of portions(symbols, this.messageBytes)) ops.push({ op: "unsubscribe", channel: "ticker", symbols: part });
    }
    return [...ops, ...this.askWhole(added)];
  }

  private rejectBeyond(): void {
    if (!this.wanted.has(ALL)) for (const symbol of [...this.desired].slice(this.limit)) this.rejected.set(symbol, TOO_MANY);
  }

  /** What to ask of a new connection, or of this one in a new epoch. */
  resume(epoch: string, limits: Pick<Limits, "message_bytes" | "symbols">, rate: number): Op[] {
    const sameEpoch = epoch === this.epoch;
    const messageBytes = (this.messageBytes = limits.message_bytes);
    this.limit = limits.symbols;
    this.change(false);
    this.asked.clear();
    if (!sameEpoch) this.forget(epoch);
    this.awaiting = this.joining = false;
    this.whole = true;
    const settled = sameEpoch && this.version > 0 ? [...this.wanted].filter((symbol) => !this.fresh.has(symbol)) : [];
    // Only one message can resume: the symbols of a second would be at the old version while the first's are not.
    const kept = new Set(portions(settled, messageBytes)[0] ?? []);
    const rest = [...this.wanted].filter((symbol) => !kept.has(symbol));
    // The rate is the connection's; told with no symbols first, the snapshot itself comes at it.
    const ops: Op[] = [{ op: "subscribe", channel: "ticker", symbols: [], rate }];
    if (kept.size > 0) ops.push(this.ask([...kept], this.version));
    return [...ops, ...this.askWhole(rest)];
  }

  /** A new epoch began in mid-connection: values and versions are void, the watchlist stays and all comes again. */
  restart(epoch: string): void {
    this.forget(epoch);
    this.awaiting = this.joining = false;
    this.whole = true;
  }

  private forget(epoch: string): void {
    this.epoch = epoch;
    this.version = 0;
    this.rejected.clear();
    this.rejectBeyond();
    this.board.clear();
  }

  private askWhole(symbols: string[]): Op[] {
    for (const symbol of symbols) this.fresh.set(symbol, UNANSWERED);
    return portions(symbols, this.messageBytes).map((part) => this.ask(part));
  }

  private ask(symbols: string[], since?: number): Subscribe {
    const op: Subscribe = { op: "subscribe", channel: "ticker", symbols, id: ++this.lastId };
    if (since !== undefined) op.since = { epoch: this.epoch, version: since };
    this.asked.set(this.lastId, op);
    return op;
  }

  subscribed(message: Subscribed): void {
    const asked = message.id === undefined ? undefined : this.asked.get(message.id);
    if (!asked) return;
    this.asked.delete(message.id!);
    for (const symbol of asked.symbols) {
      const reason = message.rejected?.[symbol];
      if (reason !== undefined) {
        this.fresh.delete(symbol);
        if (this.wants(symbol)) this.rejected.set(symbol, reason);
        continue;
      }
      this.rejected.delete(symbol);
      // A snapshot that is half-way began without this symbol, which then comes after it.
      if (this.fresh.has(symbol)) this.fresh.set(symbol, this.whole ? 1 : 2);
    }
    if (asked.since) {
      this.awaiting = false;
      this.joining = true;
    }
  }

  /** Lay an update over the board. A gap is answered with what to ask (`mend`). */
  update(message: Update, nowMs: number): Laid {
    if (this.awaiting) return "ignored";
    if (message.since > this.version) return "gap";
    if (this.joining) {
      this.joining = false;
      // The same epoch, but the server doesn't know the version: all comes whole, and what doesn't come is no more.
      if (message.since === 0 && this.version > 0) this.board.clear();
    }
    this.updates += this.board.lay(message, nowMs, this.wants);
    this.version = message.version;
    this.whole = message.version > message.since;
    if (this.whole && this.fresh.size > 0) {
      for (const [symbol, left] of this.fresh) {
        if (left <= 1) this.fresh.delete(symbol);
        else if (left !== UNANSWERED) this.fresh.set(symbol, left - 1);
      }
    }
    return "laid";
  }

  /** After a gap: go on from what the page has. Fresh symbols, of which it may have nothing, are asked for whole. */
  mend(): Op[] {
    const settled = [...this.wanted].filter((symbol) => !this.fresh.has(symbol));
    const kept = new Set(portions(settled, this.messageBytes)[0] ?? []);
    const rest = [...this.wanted].filter((symbol) => !kept.has(symbol));
    this.awaiting = kept.size > 0;
    const again: Op[] = kept.size > 0 ? [this.ask([...kept], this.version)] : [];
    return [...again, ...this.askWhole(rest)];
  }
}
