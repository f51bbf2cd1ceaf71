// Formats numbers, times and durations. The time zone is an argument.

export const NO_VALUE = "–";
const MINUS = "\u2212";

/** Smaller prices are written with an exponent: 1.5e-11. */
const MIN_PLAIN = 1e-10;
/** Larger sizes are abbreviated: there is no room for 5,000,000,000 beside a price. */
const LONG_SIZE = 1e9;
/** Of prices below 0.0001. */
const SIGNIFICANT_DIGITS = 5;

/** With thousands separators. Called thousands of times a second: Intl.NumberFormat takes five times as long. */
function fixed(value: number, digits: number): string {
  const size = Math.abs(value);
  const text = size.toFixed(digits);
  const sign = value < 0 && Number(text) !== 0 ? MINUS : "";
  if (size < 999) return sign + text;
  const point = digits > 0 ? text.length - digits - 1 : text.length;
  return sign + text.slice(0, point).replace(/\B(?=(\d{3})+$)/g, ",") + text.slice(point);
}

/** The decimal of the first significant digit: 1 for 0.25, 5 for 0.00002. */
function firstDecimal(size: number): number {
  return Math.max(0, -Math.floor(Math.log10(size)));
}

/** Minimum and maximum decimals of a price of this size: as many as fit into a column. */
function digitRange(size: number): [number, number] {
  if (size === 0) return [2, 2];
  if (size >= 1e7) return [0, 2];
  if (size >= 1000) return [2, 2];
  if (size >= 1) return [2, size >= 100 ? 4 : 6];
  const first = firstDecimal(size);
  return [Math.max(4, first), Math.max(8, first + SIGNIFICANT_DIGITS - 1)];
}

/** Two decimals; more if the price has more (1.23456 in a file) or is small. */
export function digitsOf(value: number): number {
  const size = Math.abs(value);
  const [least, most] = digitRange(size);
  // Differences below this are noise of binary fractions and of prices stored in 32 bits.
  const noise = size < 1e-4 ? 1e-6 : 1e-4;
  let digits = least;
  while (digits < most && Math.abs(size * 10 ** digits - Math.round(size * 10 ** digits)) > noise) digits++;
  while (digits > least && Math.round(size * 10 ** digits) % 10 === 0) digits--;
  // 45,000,000,000 or 45,000,000,000.50: never one decimal.
  return size >= 1e7 && digits === 1 ? 2 : digits;
}

/** A price too small for plain decimals: 1.5e-11. */
function tiny(value: number): string {
  return Number(value.toPrecision(SIGNIFICANT_DIGITS)).toExponential().replace(/^-/, MINUS);
}

function isTiny(value: number): boolean {
  return value !== 0 && Math.abs(value) < MIN_PLAIN;
}

/** Without the floating-point noise of the subtraction, to the precision of the operands. */
export function difference(value: number, from: number): number {
  const size = Math.max(Math.abs(value), Math.abs(from));
  if (size === 0) return 0;
  return Number((value - from).toFixed(Math.min(100, Math.max(0, 14 - Math.floor(Math.log10(size))))));
}

/** The change in percent; of a negative price a rise is positive, too. Null from 0. */
export function percentChange(value: number, from: number): number | null {
  return from === 0 ? null : (difference(value, from) / Math.abs(from)) * 100;
}

export function price(value: number | null | undefined): string {
  if (value === null || value === undefined) return NO_VALUE;
  return isTiny(value) ? tiny(value) : fixed(value, digitsOf(value));
}

/** A difference of prices: at least two decimals, at most as many as fit. */
export function apart(value: number | null): string {
  if (value === null) return NO_VALUE;
  const size = Math.abs(value);
  if (isTiny(value)) return tiny(value);
  const digits = size >= 100 ? 2 : size >= 1 ? 4 : Math.max(8, firstDecimal(size || 1) + SIGNIFICANT_DIGITS - 1);
  return fixed(value, digits).replace(/(\.\d\d\d*?)0+$/, "$1");
}

/** An average, which has no natural number of decimals: more for small prices. */
export function average(value: number | null | undefined): string {
  if (value === null || value === undefined) return NO_VALUE;
  const size = Math.abs(value);
  if (size > 0 && size < 0.001) return price(Number(value.toPrecision(4)));
  return fixed(value, size >= 10 ? 2 : size >= 1 ? 4 : 6);
}

/** With its sign: colour alone does not show the direction. */
function withSign(value: number, text: string): string {
  if (value === 0 || Number(text.replaceAll(",", "")) === 0) return text;
  return (value > 0 ? "+" : MINUS) + text;
}

/** A price change. */
export function signed(value: number | null): string {
  return value === null ? NO_VALUE : withSign(value, apart(Math.abs(value)));
}

export function percent(value: number | null): string {
  return value === null || !Number.isFinite(value) ? NO_VALUE : `${withSign(value, fixed(Math.abs(value), 2))}%`;
}

/** 950, 1.2k, 310k, 1.24M, 12.4M, 3.1B, 5.0T. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return NO_VALUE;
  const size = Math.abs(value);
  for (const [unit, letter] of [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]] as const) {
    if (size < unit * 0.9995) continue;
    const scaled = value / unit;
    return scaled.toFixed(Math.abs(scaled) < 10 ? 2 : Math.abs(scaled) < 100 ? 1 : 0) + letter;
  }
  if (size > 0 && size < 0.1) return value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
  return Number.isInteger(value) ? String(value) : value.toFixed(size < 10 ? 2 : 1);
}

/** A number of shares: thousands separators, and decimals of fractional shares. */
export function size(value: number | null | undefined): string {
  if (value === null || value === undefined) return NO_VALUE;
  if (Math.abs(value) >= LONG_SIZE) return short(value);
  const isSmall = value !== 0 && Math.abs(value) < 0.01;
  return value.toLocaleString("en-US", isSmall ? { maximumSignificantDigits: SIGNIFICANT_DIGITS } : { maximumFractionDigits: 6 });
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
type Form = "clock" | "minute" | "day" | "date" | "full" | "month" | "year";

const FORMS: Record<Form, Intl.DateTimeFormatOptions> = {
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  minute: { hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  date: { day: "numeric", month: "short", year: "numeric" },
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
