// The latest values of every symbol: lays updates over what is there. Knows no socket, no clock and no screen.

import type { Update, Values } from "./protocol.ts";
import { addClose, newSpark, type Spark } from "./sparks.ts";

export interface Row {
  readonly symbol: string;
  values: Values;
  /** The way the last price went: up, down, or not known yet. */
  tick: -1 | 0 | 1;
  /** When the newest tick came in, in ms of this machine's clock. */
  heardMs: number;
  spark: Spark;
}

/** A first value is as old as its stamp says, if that is believable; a replay's stamps are years old. */
const BELIEVABLE_MS = 12 * 3_600_000;

export class Board {
  private readonly rows = new Map<string, Row>();
  private held: Map<string, Row> | null = null;
  /** Symbols that changed since the last `settle`. */
  readonly dirty = new Set<string>();
  /** The newest stamp (ns) there is, 0 before the first. */
  newestTs = 0;
  /** Symbol updates laid over since the picture is held. */
  heldUpdates = 0;

  get symbols(): string[] {
    return [...this.rows.keys()];
  }

  /** The row as it is; for what must not be held. */
  row(symbol: string): Row | undefined {
    return this.rows.get(symbol);
  }

  /** The row as it is shown: while the picture is held, as it was then. */
  shown(symbol: string): Row | undefined {
    // A symbol that came while the picture is held has no old picture: it shows what it has.
    return this.held?.get(symbol) ?? this.rows.get(symbol);
  }

  lay(update: Update, nowMs: number, wanted: (symbol: string) => boolean): number {
    let count = 0;
    for (const symbol of Object.keys(update.data)) {
      const values = update.data[symbol];
      if (!wanted(symbol)) continue; // taken out while this was under way
      count++;
      this.dirty.add(symbol);
      if (!values) this.rows.delete(symbol);
      else this.change(symbol, values, update.ts, nowMs);
    }
    if (this.held) this.heldUpdates += count;
    return count;
  }

  private change(symbol: string, values: Values, sentNs: number, nowMs: number): void {
    let row = this.rows.get(symbol);
    const isNew = row === undefined;
    if (!row) {
      row = { symbol, values: {}, tick: 0, heardMs: nowMs, spark: newSpark() };
      this.rows.set(symbol, row);
    }
    const before = row.values["last"] ?? null;
    for (const field in values) {
      const value = values[field];
      if (value === null || value === undefined) delete row.values[field];
      else row.values[field] = value;
    }
    const ts = values["ts"] ?? null;
    if (ts !== null) {
      const ageMs = (sentNs - ts) / 1e6;
      row.heardMs = isNew && ageMs > 0 && ageMs < BELIEVABLE_MS ? nowMs - ageMs : nowMs;
      if (ts > this.newestTs) this.newestTs = ts;
    }
    const last = values["last"] ?? null;
    if (last === null) return;
    if (before !== null && last !== before) row.tick = last > before ? 1 : -1;
    addClose(row.spark, row.values["ts"] ?? 0, last);
  }

  /** Forget all values: a new epoch has begun, or the server went on from nothing. */
  clear(): void {
    for (const symbol of this.rows.keys()) this.dirty.add(symbol);
    this.rows.clear();
    this.newestTs = 0;
  }

  keep(wanted: (symbol: string) => boolean): void {
    for (const symbol of this.rows.keys()) {
      if (!wanted(symbol)) {
        this.rows.delete(symbol);
        this.held?.delete(symbol);
      }
    }
  }

  hold(): void {
    const copies = new Map<string, Row>();
    for (const [symbol, row] of this.rows) {
      copies.set(symbol, { ...row, values: { ...row.values }, spark: { ...row.spark, closes: [...row.spark.closes] } });
    }
    this.held = copies;
    this.heldUpdates = 0;
  }

  release(): void {
    this.held = null;
    for (const symbol of this.rows.keys()) this.dirty.add(symbol);
  }
}
