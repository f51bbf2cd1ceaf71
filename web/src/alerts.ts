// What an alert waits for: read, written, and put into words; and what people type. Pure.

import { NOTHING, percent, price, short } from "./format.ts";

export const FIELDS = ["last", "bid", "ask", "volume", "change_pct"] as const;
export type Field = (typeof FIELDS)[number];
export const COMPARISONS = [">=", "<=", ">", "<", "crosses"] as const;
export type Comparison = (typeof COMPARISONS)[number];

export interface Condition {
  field: Field;
  comparison: Comparison;
  level: number;
}

export const COMPARISON_WORDS: Record<Comparison, string> = { ">=": "at or above", "<=": "at or below", ">": "above", "<": "below", crosses: "crosses" };
export const FIELD_WORDS: Record<Field, string> = { last: "Last", bid: "Bid", ask: "Ask", volume: "Volume", change_pct: "Change %" };
export const SIGNS: Record<Comparison, string> = { ">=": "≥", "<=": "≤", ">": ">", "<": "<", crosses: "crosses" };
/** How a sentence calls them; the last price is the symbol itself. */
const OF: Record<Field, string> = { last: "", bid: "’s bid", ask: "’s ask", volume: "’s volume", change_pct: "’s change" };

/** The server's canonical form; null for one of a server that knows more than this page. */
export function conditionOf(when: string): Condition | null {
  const [field, comparison, number, ...more] = when.split(" ");
  const known = { field: FIELDS.find((each) => each === field), comparison: COMPARISONS.find((each) => each === comparison) };
  const level = Number(number);
  if (!known.field || !known.comparison || !number || !Number.isFinite(level) || more.length > 0) return null;
  return { field: known.field, comparison: known.comparison, level };
}

export function whenOf({ field, comparison, level }: Condition): string {
  return `${field} ${comparison} ${level}`;
}

/** For a level that the value is to come to: from the side on which it is now. */
export function towards(field: Field, level: number, now: number | null): Condition {
  const isAbove = now === null ? field === "change_pct" && level < 0 : now > level;
  return { field, comparison: isAbove ? "<=" : ">=", level };
}

export function valueText(field: Field | undefined, value: number): string {
  if (field === "volume") return short(value);
  return field === "change_pct" ? percent(value) : price(value);
}

/** `≥ 190.00`, `volume > 1.20M`, `bid crosses 12.50`. */
export function inShort(when: string): string {
  const condition = conditionOf(when);
  if (!condition) return when;
  const { field, comparison, level } = condition;
  const name = field === "last" ? "" : `${field === "change_pct" ? "change" : field} `;
  return `${name}${SIGNS[comparison]} ${valueText(field, level)}`;
}

/** `AAPL is at or above 190.00: 190.02`. */
export function sentence(symbol: string, when: string, value: number, verb: "is" | "was" = "is"): string {
  const condition = conditionOf(when);
  if (!condition) return `${symbol}: ${when}`;
  const { field, comparison, level } = condition;
  const what = comparison === "crosses" ? "crossed" : `${verb} ${COMPARISON_WORDS[comparison]}`;
  return `${symbol}${OF[field]} ${what} ${valueText(field, level)}: ${Number.isFinite(value) ? valueText(field, value) : NOTHING}`;
}

/** A number as people type it: 187.5, 187,5, 1,087.50; and −2 or 2.5% of a change. Null if it is none. */
export function typedLevel(text: string, field: Field = "last"): number | null {
  const bare = field === "change_pct" ? text.trim().replace("−", "-").replace(/\s*%$/, "") : text.trim();
  const plain = /^\d{1,3}(,\d{3})+(\.\d*)?$/.test(bare) ? bare.replaceAll(",", "") : bare.replace(",", ".");
  const value = Number(plain);
  return plain !== "" && Number.isFinite(value) && (value > 0 || field === "change_pct") ? value : null;
}

/** Alerts that this browser watched by itself, before servers did: those that still wait. */
export function oldAlerts(stored: unknown): { id: string; symbol: string; when: string }[] {
  if (!Array.isArray(stored)) return [];
  return (stored as { id?: unknown; symbol?: unknown; price?: unknown; side?: unknown; reachedMs?: unknown }[]).flatMap((each) => {
    const { id, symbol, price: level, side, reachedMs } = each ?? {};
    if (!Number.isInteger(id) || typeof symbol !== "string" || !Number.isFinite(level) || reachedMs !== null) return [];
    if (side !== "above" && side !== "below") return [];
    const condition: Condition = { field: "last", comparison: side === "above" ? ">=" : "<=", level: level as number };
    // Always the same name: handed over twice, it is there once.
    return [{ id: oldId(each), symbol, when: whenOf(condition) }];
  });
}

export function oldId(stored: unknown): string {
  return `old-${(stored as { id?: unknown } | null)?.id}`;
}
