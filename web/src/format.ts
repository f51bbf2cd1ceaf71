// Numbers, stamps and spans as people read them. Pure; the time zone comes as an argument.

export const NOTHING = "–";
const MINUS = "\u2212";

/** With commas. Written thousands of times a second, at which Intl.NumberFormat costs five times as much. */
function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  if (Math.abs(value) < 999) return text;
  const point = digits > 0 ? text.length - digits - 1 : text.length;
  return text.slice(0, point).replace(/\B(?=(\d{3})+$)/g, ",") + text.slice(point);
}

/** How many digits a price of this size has at least, and how many it may have: about as many as fit into a column. */
function digitsFor(value: number): [number, number] {
  const size = Math.abs(value);
  if (size >= 1000 || size === 0) return [2, 2];
  if (size >= 1) return [2, size >= 100 ? 4 : 6];
  return [4, 8];
}

/** Cents, and more digits only where the price has more (a file's 1.23456) or is small. */
export function digitsOf(value: number): number {
  const [least, most] = digitsFor(value);
  let digits = least;
  while (digits < most && Math.abs(value * 10 ** digits - Math.round(value * 10 ** digits)) > 1e-4) digits++;
  return digits;
}

export function price(value: number | null | undefined): string {
  return value === null || value === undefined ? NOTHING : fixed(value, digitsOf(value));
}

/** How far two prices are apart: cents, and where there is more to tell, as much as fits. */
export function apart(value: number | null): string {
  if (value === null) return NOTHING;
  const size = Math.abs(value);
  return fixed(value, size >= 100 ? 2 : size >= 1 ? 4 : 8).replace(/(\.\d\d\d*?)0+$/, "$1");
}

/** An average has digits without end: some more than a price of its size is sure to have, where that is small. */
export function average(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  const size = Math.abs(value);
  return fixed(value, size >= 10 ? 2 : size >= 1 ? 4 : 6);
}

/** With its sign, never by colour alone. */
function withSign(value: number, text: string): string {
  if (Number(text.replaceAll(",", "")) === 0) return text;
  return (value > 0 ? "+" : MINUS) + text;
}

/** How far a price has gone. */
export function signed(value: number | null): string {
  return value === null ? NOTHING : withSign(value, apart(Math.abs(value)));
}

export function percent(value: number | null): string {
  return value === null ? NOTHING : `${withSign(value, fixed(Math.abs(value), 2))}%`;
}

/** 950, 1.2k, 310k, 1.24M, 12.4M, 3.1B. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  const size = Math.abs(value);
  for (const [unit, letter] of [[1e9, "B"], [1e6, "M"], [1e3, "k"]] as const) {
    if (size < unit * 0.9995) continue;
    const scaled = value / unit;
    return scaled.toFixed(Math.abs(scaled) < 10 ? 2 : Math.abs(scaled) < 100 ? 1 : 0) + letter;
  }
  return Number.isInteger(value) ? String(value) : value.toFixed(size < 10 ? 2 : 1);
}

/** Shares: whole numbers with their commas, parts of shares with what digits they have. */
export function size(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  return value.toLocaleString("en-US", { maximumFractionDigits: 6 });
}

/** How long ago: 0.4s, 12s, 3m, 2h, 5d. */
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

/** A stamp in ms since 1970 UTC, in a zone. */
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
