// Formats numbers, times and durations. The time zone is an argument.

export const NO_VALUE = "–";
const MINUS = "\u2212";

/** With thousands separators. Called thousands of times a second: Intl.NumberFormat takes five times as long. */
function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  if (Math.abs(value) < 999) return text;
  const point = digits > 0 ? text.length - digits - 1 : text.length;
  return text.slice(0, point).replace(/\B(?=(\d{3})+$)/g, ",") + text.slice(point);
}

/** Minimum and maximum decimals of a price of this size: as many as fit into a column. */
function digitRange(value: number): [number, number] {
  const size = Math.abs(value);
  if (size >= 1000 || size === 0) return [2, 2];
  if (size >= 1) return [2, size >= 100 ? 4 : 6];
  return [4, 8];
}

/** Two decimals; more if the price has more (1.23456 in a file) or is small. */
export function digitsOf(value: number): number {
  const [least, most] = digitRange(value);
  let digits = least;
  while (digits < most && Math.abs(value * 10 ** digits - Math.round(value * 10 ** digits)) > 1e-4) digits++;
  return digits;
}

export function price(value: number | null | undefined): string {
  return value === null || value === undefined ? NO_VALUE : fixed(value, digitsOf(value));
}

/** A difference of prices: at least two decimals, at most as many as fit. */
export function apart(value: number | null): string {
  if (value === null) return NO_VALUE;
  const size = Math.abs(value);
  return fixed(value, size >= 100 ? 2 : size >= 1 ? 4 : 8).replace(/(\.\d\d\d*?)0+$/, "$1");
}

/** An average, which has no natural number of decimals: more for small prices. */
export function average(value: number | null | undefined): string {
  if (value === null || value === undefined) return NO_VALUE;
  const size = Math.abs(value);
  return fixed(value, size >= 10 ? 2 : size >= 1 ? 4 : 6);
}

/** With its sign: colour alone does not show the direction. */
function withSign(value: number, text: string): string {
  if (Number(text.replaceAll(",", "")) === 0) return text;
  return (value > 0 ? "+" : MINUS) + text;
}

/** A price change. */
export function signed(value: number | null): string {
  return value === null ? NO_VALUE : withSign(value, apart(Math.abs(value)));
}

export function percent(value: number | null): string {
  return value === null ? NO_VALUE : `${withSign(value, fixed(Math.abs(value), 2))}%`;
}

/** 950, 1.2k, 310k, 1.24M, 12.4M, 3.1B. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return NO_VALUE;
  const size = Math.abs(value);
  for (const [unit, letter] of [[1e9, "B"], [1e6, "M"], [1e3, "k"]] as const) {
    if (size < unit * 0.9995) continue;
    const scaled = value / unit;
    return scaled.toFixed(Math.abs(scaled) < 10 ? 2 : Math.abs(scaled) < 100 ? 1 : 0) + letter;
  }
  return Number.isInteger(value) ? String(value) : value.toFixed(size < 10 ? 2 : 1);
}

/** A number of shares: thousands separators, and decimals of fractional shares. */
export function size(value: number | null | undefined): string {
  if (value === null || value === undefined) return NO_VALUE;
  return value.toLocaleString("en-US", { maximumFractionDigits: 6 });
}

/** An age: now, 12s, 3m, 2h, 5d. */
export function age(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 1) return "now";
  if (s < 60) return `${Math.floor(s)}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m`;
  return s < 86_400 ? `${Math.floor(s / 3600)}h` : `${Math.floor(s / 86_400)}d`;
}

export const ZONES = ["local", "UTC", "America/New_York"] as const;
export type Zone = (typeof ZONES)[number];
type Form = "clock" | "minute" | "day" | "full" | "month" | "year";

const FORMS: Record<Form, Intl.DateTimeFormatOptions> = {
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  minute: { hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  month: { month: "short", year: "numeric" },
  year: { year: "numeric" },
  full: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" },
};
const stamps = new Map<string, Intl.DateTimeFormat>();

/** A time in ms since 1970 UTC, formatted in a zone. */
export function stamp(ms: number, form: Form, zone: Zone): string {
  const key = `${form} ${zone}`;
  let format = stamps.get(key);
  if (!format) {
    const timeZone = zone === "local" ? {} : { timeZone: zone };
    format = new Intl.DateTimeFormat("en-GB", { ...FORMS[form], ...timeZone, hourCycle: "h23" });
    stamps.set(key, format);
  }
  return format.format(ms);
}
