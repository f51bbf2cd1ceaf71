// The `ticker` channel: the watchlist, the version that the board has, and which symbols are complete as of it.
// Sans-I/O: takes messages, returns ops to send. The values are on the board.

import type { Board } from "../market/board.ts";
import { chunkSymbols } from "../protocol/chunks.ts";
import { DEFAULT_LIMITS } from "../protocol/limits.ts";
import type { Limits, Op, Subscribe, Subscribed, Update } from "../protocol/messages.ts";

/** The wildcard: all symbols. */
export const ALL = "*";
/** Why a symbol is not subscribed: the watchlist exceeds the server's limit. */
export const TOO_MANY = "too-many-symbols";
/** The number of snapshots that a symbol waits for while its subscribe is unanswered: more than any connection sends. */
const UNANSWERED = Number.MAX_SAFE_INTEGER;

export type UpdateResult = "applied" | "gap" | "ignored";

export class TickerChannel {
  /** The version that the board has of all symbols but the incomplete ones. */
  version = 0;
  /** Symbol updates applied. */
  updates = 0;
  readonly rejected = new Map<string, string>();
  /** The whole watchlist, and the part of it that the server's limit allows. */
  private desired = new Set<string>();
  private watched = new Set<string>();
  private limit = Infinity;
  /** Symbols whose values have not arrived in full, with the number of snapshots to complete before they have. */
  private incomplete = new Map<string, number>();
  /** Whether the last update ended a snapshot: one that arrives in parts has `since` equal to `version` until then. */
  private isSnapshotDone = true;
  /** A gap was found: updates are ignored until the answer to the new subscribe. */
  private isRecovering = false;
  /** The next update shows whether the server resumed or sends a snapshot. */
  private isResuming = false;
  private epoch = "";
  private messageBytes = DEFAULT_LIMITS.message_bytes;
  private readonly pending = new Map<number | string, Subscribe>();
  private lastId = 0;

  constructor(private readonly board: Board) {}

  readonly watches = (symbol: string): boolean => this.watched.has(ALL) || this.watched.has(symbol);

  /** Replace the watchlist. Symbols beyond the server's limit are rejected as `TOO_MANY`. */
  watch(symbols: Iterable<string>, connected: boolean): Op[] {
    this.desired = new Set(symbols);
    return this.change(connected);
  }

  private change(connected: boolean): Op[] {
    const next = this.desired.has(ALL) ? new Set([ALL]) : new Set([...this.desired].slice(0, this.limit));
    const added = [...next].filter((symbol) => !this.watched.has(symbol));
    const removed = [...this.watched].filter((symbol) => !next.has(symbol));
    const leavesAll = this.watched.has(ALL) && !next.has(ALL);
    this.watched = next;
    for (const symbol of removed) this.incomplete.delete(symbol);
    for (const [symbol, reason] of this.rejected) if (!next.has(symbol) || reason === TOO_MANY) this.rejected.delete(symbol);
    this.rejectExcess();
    this.board.retain(this.watches);
    if (!connected) {
      for (const symbol of added) this.incomplete.set(symbol, UNANSWERED);
      return [];
    }
    const ops: Op[] = [];
    // The wildcard covers single symbols, and they can't be removed while it is subscribed.
    if (removed.length > 0 && !next.has(ALL)) {
      const symbols = leavesAll ? [ALL] : removed;
      for (const chunk of chunkSymbols(symbols, this.messageBytes)) ops.push({ op: "unsubscribe", channel: "ticker", symbols: chunk });
    }
    return [...ops, ...this.subscribeInFull(added)];
  }

  private rejectExcess(): void {
    if (!this.watched.has(ALL)) for (const symbol of [...this.desired].slice(this.limit)) this.rejected.set(symbol, TOO_MANY);
  }

  /** What to send on a new connection. */
  resume(epoch: string, limits: Pick<Limits, "message_bytes" | "symbols">, rate: number): Op[] {
    const sameEpoch = epoch === this.epoch;
    this.messageBytes = limits.message_bytes;
    this.limit = limits.symbols;
    this.change(false);
    this.pending.clear();
    if (!sameEpoch) this.forget(epoch);
    this.isRecovering = this.isResuming = false;
    this.isSnapshotDone = true;
    // A subscribe without symbols sets the connection's rate; sent first, it applies to the snapshot too.
    return [{ op: "subscribe", channel: "ticker", symbols: [], rate }, ...this.resubscribe(sameEpoch && this.version > 0).ops];
  }

  /** A new epoch on this connection: the server keeps the watchlist and sends all values again. */
  restart(epoch: string): void {
    this.forget(epoch);
    this.isRecovering = this.isResuming = false;
    this.isSnapshotDone = true;
  }

  private forget(epoch: string): void {
    this.epoch = epoch;
    this.version = 0;
    this.rejected.clear();
    this.rejectExcess();
    this.board.clear();
  }

  /** Subscribe to the watchlist: complete symbols from the board's version on, the others in full. */
  private resubscribe(canResume: boolean): { ops: Op[]; resumes: boolean } {
    const complete = canResume ? [...this.watched].filter((symbol) => !this.incomplete.has(symbol)) : [];
    // Only one message can resume: the symbols of a second would be at the old version when the first is answered.
    const resumed = chunkSymbols(complete, this.messageBytes)[0] ?? [];
    const known = new Set(resumed);
    const rest = [...this.watched].filter((symbol) => !known.has(symbol));
    const ops: Op[] = resumed.length > 0 ? [this.subscribe(resumed, this.version)] : [];
    return { ops: [...ops, ...this.subscribeInFull(rest)], resumes: resumed.length > 0 };
  }

  private subscribeInFull(symbols: string[]): Op[] {
    for (const symbol of symbols) this.incomplete.set(symbol, UNANSWERED);
    return chunkSymbols(symbols, this.messageBytes).map((chunk) => this.subscribe(chunk));
  }

  private subscribe(symbols: string[], since?: number): Subscribe {
    const op: Subscribe = { op: "subscribe", channel: "ticker", symbols, id: ++this.lastId };
    if (since !== undefined) op.since = { epoch: this.epoch, version: since };
    this.pending.set(this.lastId, op);
    return op;
  }

  subscribed(message: Subscribed): void {
    const request = message.id === undefined ? undefined : this.pending.get(message.id);
    if (!request) return;
    this.pending.delete(message.id!);
    for (const symbol of request.symbols) {
      const reason = message.rejected?.[symbol];
      if (reason !== undefined) {
        this.incomplete.delete(symbol);
        if (this.watches(symbol)) this.rejected.set(symbol, reason);
        continue;
      }
      this.rejected.delete(symbol);
      // A snapshot in progress began without this symbol: the one after it has the symbol.
      if (this.incomplete.has(symbol)) this.incomplete.set(symbol, this.isSnapshotDone ? 1 : 2);
    }
    if (request.since) {
      this.isRecovering = false;
      this.isResuming = true;
    }
  }

  /** Apply an update to the board. After "gap" the caller sends what `recover` returns. */
  update(message: Update, nowMs: number): UpdateResult {
    if (this.isRecovering) return "ignored";
    if (message.since > this.version) return "gap";
    if (this.isResuming) {
      this.isResuming = false;
      // The server no longer has the version, so it sends a snapshot: symbols missing from it have no value.
      if (message.since === 0 && this.version > 0) this.board.clear();
    }
    this.updates += this.board.apply(message, nowMs, this.watches);
    this.version = message.version;
    this.isSnapshotDone = message.version > message.since;
    if (this.isSnapshotDone && this.incomplete.size > 0) {
      for (const [symbol, left] of this.incomplete) {
        if (left <= 1) this.incomplete.delete(symbol);
        else if (left !== UNANSWERED) this.incomplete.set(symbol, left - 1);
      }
    }
    return "applied";
  }

  /** What to send after a gap: resume from the board's version. */
  recover(): Op[] {
    const { ops, resumes } = this.resubscribe(true);
    this.isRecovering = resumes;
    return ops;
  }
}
