// Intervals of bars: a number and a unit, `30s`, `10m`, `4h`, `1d`, `1w`, `1M`. The server says which there are.

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, M: 2_592_000 };
const FORM = /^(\d{1,6})([smhdwM])$/;
const LONG: Record<string, string> = { d: "daily", w: "weekly", M: "monthly" };
const SHORT: Record<string, string> = { s: "second", m: "minute", h: "hour" };

export function isInterval(text: unknown): text is string {
  return typeof text === "string" && FORM.test(text);
}

/** The length in seconds; of a month nominal. */
export function secondsOf(interval: string): number {
  const [, count, unit] = FORM.exec(interval) ?? [];
  return count === undefined ? 0 : Number(count) * UNITS[unit!]!;
}

/** Whether the bars are of a trading day or longer: their times are dates. */
export function isDaily(interval: string): boolean {
  return /[dwM]$/.test(interval);
}

/** `10-minute`, `daily`. */
export function intervalText(interval: string): string {
  const [, count, unit] = FORM.exec(interval) ?? [];
  if (count === undefined) return interval;
  return LONG[unit!] ?? `${count}-${SHORT[unit!]}`;
}

/** The next longer (1) or shorter (-1) interval of a list in order of length; the same if there is none. */
export function nextInterval(kept: readonly string[], interval: string, by: -1 | 1): string {
  const length = secondsOf(interval);
  const found = by > 0 ? kept.find((each) => secondsOf(each) > length) : kept.findLast((each) => secondsOf(each) < length);
  return found ?? interval;
}
