// The marks of the chart's time scale: at a new trading day, month or year, and in between at round clock times.

import type { ZoneOffset } from "../core/zone_offset.ts";
import type { TradingDays } from "./calendar.ts";

/** The chart library's weights: of two marks without room for both, the heavier one is shown. */
export const YEAR = 70;
export const MONTH = 60;
export const DAY = 50;
export const MINUTE = 20;
/** Seconds and weight, the longest first. */
const CLOCK = [[43_200, 33], [21_600, 32], [10_800, 31], [3600, 30], [1800, 22], [300, 21], [60, MINUTE], [1, 10]] as const;

export interface Scale {
  days: TradingDays;
  /** The zone of the clock times. */
  clock: ZoneOffset;
  /** Whether the bars are of a day or longer. */
  isDaily: boolean;
}

export interface Point {
  time: number;
  /** Of the trading day; days since 1970. */
  day: number;
  wall: number;
}

export function pointAt({ days, clock, isDaily }: Scale, time: number): Point {
  return { time, day: isDaily ? days.ofBar(time) : days.at(time), wall: isDaily ? 0 : time + clock.at(time) };
}

/** The weight of the mark at a bar that follows another. */
export function weightOf(before: Point, point: Point): number {
  if (point.day !== before.day) {
    const [from, to] = [before.day, point.day].map((day) => new Date(day * 86_400_000)) as [Date, Date];
    if (from.getUTCFullYear() !== to.getUTCFullYear()) return YEAR;
    return from.getUTCMonth() !== to.getUTCMonth() ? MONTH : DAY;
  }
  return CLOCK.find(([seconds]) => Math.floor(point.wall / seconds) !== Math.floor(before.wall / seconds))?.[1] ?? 0;
}

/** The weights of bars from `from` on. The bar before the first one is taken to be one average distance earlier. */
export function weights(scale: Scale, times: readonly number[], from: number): number[] {
  const first = times[0];
  if (first === undefined) return [];
  const spacing = times.length > 1 ? Math.ceil((times.at(-1)! - first) / (times.length - 1)) : 0;
  let before = pointAt(scale, from > 0 ? times[from - 1]! : first - spacing);
  return times.slice(from).map((time) => {
    const point = pointAt(scale, time);
    const weight = weightOf(before, point);
    before = point;
    return weight;
  });
}
