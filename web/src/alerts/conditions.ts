// Alert conditions: parsing, formatting, and levels as users type them.

import { NO_VALUE, percent, price, short } from "../core/format.ts";

export const FIELDS = ["last", "bid", "ask", "volume", "change_pct"] as const;
export type Field = (typeof FIELDS)[number];
export const COMPARISONS = [">=", "<=", ">", "<", "crosses"] as const;
export type Comparison = (typeof COMPARISONS)[number];

export interface Condition {
  field: Field;
  comparison: Comparison;
  level: number;
}

export const COMPARISON_TEXT: Record<Comparison, string> = { ">=": "at or above", "<=": "at or below", ">": "above", "<": "below", crosses: "crosses" };
export const FIELD_TEXT: Record<Field, string> = { last: "Last", bid: "Bid", ask: "Ask", volume: "Volume", change_pct: "Change %" };
export const SIGNS: Record<Comparison, string> = { ">=": "≥", "<=": "≤", ">": ">", "<": "<", crosses: "crosses" };
/** The field in a sentence, after the symbol; the last price has no name. */
const POSSESSIVE: Record<Field, string> = { last: "", bid: "’s bid", ask: "’s ask", volume: "’s volume", change_pct: "’s change" };

/** Parse the server's canonical form; null for a form that this page does not know. */
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

/** The condition for reaching a level from the current value. */
export function conditionTowards(field: Field, level: number, now: number | null): Condition {
  const isAbove = now === null ? field === "change_pct" && level < 0 : now > level;
  return { field, comparison: isAbove ? "<=" : ">=", level };
}

function valueText(field: Field | undefined, value: number): string {
  if (field === "volume") return short(value);
  return field === "change_pct" ? percent(value) : price(value);
}

/** `≥ 190.00`, `volume > 1.20M`, `bid crosses 12.50`. */
export function conditionText(when: string): string {
  const condition = conditionOf(when);
  if (!condition) return when;
  const { field, comparison, level } = condition;
  const name = field === "last" ? "" : `${field === "change_pct" ? "change" : field} `;
  return `${name}${SIGNS[comparison]} ${valueText(field, level)}`;
}

/** `AAPL is at or above 190.00: 190.02`. */
export function firedText(symbol: string, when: string, value: number, verb: "is" | "was" = "is"): string {
  const condition = conditionOf(when);
  if (!condition) return `${symbol}: ${when}`;
  const { field, comparison, level } = condition;
  const verbText = comparison === "crosses" ? "crossed" : `${verb} ${COMPARISON_TEXT[comparison]}`;
  return `${symbol}${POSSESSIVE[field]} ${verbText} ${valueText(field, level)}: ${Number.isFinite(value) ? valueText(field, value) : NO_VALUE}`;
}

/**
 * A number as users type it: 187.5, 187,5, 1,087.50; for a change also −2 or 2.5%; −37.63 if the symbol's prices
 * `mayBeNegative`. Null if it is not one.
 */
export function parseLevel(text: string, field: Field = "last", mayBeNegative = false): number | null {
  const typed = text.trim().replace("−", "-");
  const bare = field === "change_pct" ? typed.replace(/\s*%$/, "") : typed;
  const plain = /^-?\d{1,3}(,\d{3})+(\.\d*)?$/.test(bare) ? bare.replaceAll(",", "") : bare.replace(",", ".");
  const value = Number(plain);
  return plain !== "" && Number.isFinite(value) && (value > 0 || field === "change_pct" || (mayBeNegative && field !== "volume")) ? value : null;
}

/** Armed alerts of earlier versions of this page, which watched prices in the browser. */
export function legacyAlerts(stored: unknown): { id: string; symbol: string; when: string }[] {
  if (!Array.isArray(stored)) return [];
  return (stored as { id?: unknown; symbol?: unknown; price?: unknown; side?: unknown; reachedMs?: unknown }[]).flatMap((each) => {
    const { id, symbol, price: level, side, reachedMs } = each ?? {};
    if (!Number.isInteger(id) || typeof symbol !== "string" || !Number.isFinite(level) || reachedMs !== null) return [];
    if (side !== "above" && side !== "below") return [];
    const condition: Condition = { field: "last", comparison: side === "above" ? ">=" : "<=", level: level as number };
    // A stable id: migrating twice sets the alert once.
    return [{ id: legacyId(each), symbol, when: whenOf(condition) }];
  });
}

export function legacyId(stored: unknown): string {
  return `old-${(stored as { id?: unknown } | null)?.id}`;
}
