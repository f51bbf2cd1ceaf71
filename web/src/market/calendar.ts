// Trading days: which day a time belongs to, and the date that names it. `GET /v1/feed` has the calendar.

import { ZoneOffset } from "../core/zone_offset.ts";

export interface MarketCalendar {
  name: string;
  /** IANA name of the zone of its dates. */
  zone: string;
  /** When the day begins, in seconds from midnight of its date; negative: the evening before. */
  day_start: number;
  /** The weekdays with trading; Monday is 0. */
  weekdays: number[];
  /** Further days without trading; days since 1970. */
  holidays: number[];
}

const DAY_S = 86_400;
/** Clocks go back by at most this, in steps of this. */
const MAX_BACK_S = 7200;
const STEP_S = 900;
/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 3;
/** Of a calendar: more are not the days of an exchange. */
const MAX_HOLIDAYS = 1000;

export const UTC_DAYS: MarketCalendar = { name: "24/7", zone: "UTC", day_start: 0, weekdays: [0, 1, 2, 3, 4, 5, 6], holidays: [] };

/** A calendar as the server describes it, with the holidays of all calendars by name; the days of UTC if it is not one. */
export function calendarFrom(stated: unknown, holidays?: unknown): MarketCalendar {
  const { name, zone, day_start: start, weekdays } = (stated ?? {}) as Partial<Record<keyof MarketCalendar, unknown>>;
  if (typeof zone !== "string" || typeof start !== "number" || !Number.isFinite(start) || !Array.isArray(weekdays)) return UTC_DAYS;
  const valid = weekdays.filter((each): each is number => Number.isInteger(each) && each >= 0 && each < 7);
  const named = typeof name === "string" ? name : zone;
  const dates: unknown = ((holidays ?? {}) as Record<string, unknown>)[named];
  const days = Array.isArray(dates) ? dates.slice(-MAX_HOLIDAYS).map(dayOf).filter((day) => day !== null) : [];
  return { name: named, zone, day_start: start, weekdays: valid, holidays: days };
}

/** The day of `2024-07-04`; null for anything else. */
function dayOf(date: unknown): number | null {
  const ms = typeof date === "string" && /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(date) : NaN;
  return Number.isFinite(ms) ? ms / (DAY_S * 1000) : null;
}

/** For people: `Trading days begin at 17:00 the evening before, America/New_York.` */
export function calendarText({ zone, day_start: start }: MarketCalendar): string {
  const place = zone === "UTC" ? " UTC" : `, ${zone}`;
  if (start === 0) return `Trading days begin at midnight${place}.`;
  const minutes = Math.round((((start % DAY_S) + DAY_S) % DAY_S) / 60);
  const clock = `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
  return start < 0 ? `Trading days begin at ${clock} the evening before${place}.` : `Trading days begin at ${clock}${place}.`;
}

/** Days are numbered from 1970-01-01. */
export class TradingDays {
  private readonly offset: ZoneOffset;
  private readonly isTrading: readonly boolean[];
  private readonly holidays: ReadonlySet<number>;

  constructor(private readonly calendar: MarketCalendar) {
    this.offset = new ZoneOffset(calendar.zone);
    const { weekdays } = calendar;
    this.holidays = new Set(calendar.holidays);
    this.isTrading = [0, 1, 2, 3, 4, 5, 6].map((day) => weekdays.length === 0 || weekdays.includes(day));
  }

  /** The trading day of a time in seconds since 1970: after Friday's day of an exchange, until Monday's begins, it is Friday. */
  at(time: number): number {
    let day = this.date(time);
    // A day that has begun does not end because the clocks go back.
    if (this.offset.changesNear(time)) for (let back = STEP_S; back <= MAX_BACK_S; back += STEP_S) day = Math.max(day, this.date(time - back));
    while (!this.isTrading[(((day + EPOCH_WEEKDAY) % 7) + 7) % 7] || this.holidays.has(day)) day--;
    return day;
  }

  /** The first trading day of a bar of a day or longer, from its start: that of the middle of the day, as on the server. */
  ofBar(start: number): number {
    return this.at(start + DAY_S / 2);
  }

  private date(time: number): number {
    return Math.floor((time + this.offset.at(time) - this.calendar.day_start) / DAY_S);
  }
}
