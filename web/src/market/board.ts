// The latest values of each watched symbol.

import type { Update, Values } from "../protocol/messages.ts";
import { addClose, newSpark, type Spark } from "./sparkline.ts";

export interface Row {
  readonly symbol: string;
  values: Values;
  /** The direction of the last price change: up, down, or 0 before the first one. */
  tick: -1 | 0 | 1;
  /** When the newest tick arrived, in ms of this machine's clock. */
  updatedMs: number;
  spark: Spark;
}

/** The age of a first value is taken from its timestamp, up to this limit: a replay's timestamps are years old. */
const MAX_AGE_MS = 12 * 3_600_000;

export class Board {
  private readonly rows = new Map<string, Row>();
  private pausedRows: Map<string, Row> | null = null;
  /** Symbols that changed since the view last cleared this set. */
  readonly dirty = new Set<string>();
  /** The newest timestamp (ns); 0 before the first. */
  newestTs = 0;
  /** Symbol updates applied since `pause`. */
  pendingUpdates = 0;

  get symbols(): string[] {
    return [...this.rows.keys()];
  }

  /** The current row, even while the display is paused. */
  row(symbol: string): Row | undefined {
    return this.rows.get(symbol);
  }

  /** The row to show: while the display is paused, the row as it was then. */
  shown(symbol: string): Row | undefined {
    // A symbol added during the pause has no earlier row: show the current one.
    return this.pausedRows?.get(symbol) ?? this.rows.get(symbol);
  }

  /** Apply an update; returns the number of symbols updated. */
  apply(update: Update, nowMs: number, watches: (symbol: string) => boolean): number {
    let count = 0;
    for (const symbol of Object.keys(update.data)) {
      const values = update.data[symbol];
      if (!watches(symbol)) continue; // removed while the update was on its way
      count++;
      this.dirty.add(symbol);
      if (!values) this.rows.delete(symbol);
      else this.change(symbol, values, update.ts, nowMs);
    }
    if (this.pausedRows) this.pendingUpdates += count;
    return count;
  }

  private change(symbol: string, values: Values, sentNs: number, nowMs: number): void {
    let row = this.rows.get(symbol);
    const isNew = row === undefined;
    if (!row) {
      row = { symbol, values: {}, tick: 0, updatedMs: nowMs, spark: newSpark() };
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
      row.updatedMs = isNew && ageMs > 0 && ageMs < MAX_AGE_MS ? nowMs - ageMs : nowMs;
      if (ts > this.newestTs) this.newestTs = ts;
    }
    const last = values["last"] ?? null;
    if (last === null) return;
    if (before !== null && last !== before) row.tick = last > before ? 1 : -1;
    addClose(row.spark, row.values["ts"] ?? 0, last);
  }

  /** Drop all values: a new epoch, or a snapshot in place of a resume. */
  clear(): void {
    for (const symbol of this.rows.keys()) this.dirty.add(symbol);
    this.rows.clear();
    this.newestTs = 0;
  }

  /** Drop the symbols that are not watched. */
  retain(watches: (symbol: string) => boolean): void {
    for (const symbol of this.rows.keys()) {
      if (!watches(symbol)) {
        this.rows.delete(symbol);
        this.pausedRows?.delete(symbol);
      }
    }
  }

  /** Freeze what `shown` returns. */
  pause(): void {
    const copies = new Map<string, Row>();
    for (const [symbol, row] of this.rows) {
      copies.set(symbol, { ...row, values: { ...row.values }, spark: { ...row.spark, closes: [...row.spark.closes] } });
    }
    this.pausedRows = copies;
    this.pendingUpdates = 0;
  }

  resume(): void {
    this.pausedRows = null;
    for (const symbol of this.rows.keys()) this.dirty.add(symbol);
  }
}
