import assert from "node:assert/strict";
import { test } from "node:test";
import { ZoneOffset } from "../../src/core/zone_offset.ts";
import { type MarketCalendar, TradingDays, UTC_DAYS } from "../../src/market/calendar.ts";
import { DAY, MONTH, weights, YEAR } from "../../src/market/time_marks.ts";

const NEW_YORK: MarketCalendar = { name: "forex", zone: "America/New_York", day_start: -25_200, weekdays: [0, 1, 2, 3, 4], holidays: [] };
const scale = (calendar: MarketCalendar, zone: string, isDaily = false) => ({ days: new TradingDays(calendar), clock: new ZoneOffset(zone), isDaily });
const seconds = (time: string): number => Date.parse(time) / 1000;
/** The times of marks of a weight, of bars every `step` seconds. */
function marked(calendar: MarketCalendar, zone: string, from: string, to: string, step: number, least: number): string[] {
  const times: number[] = [];
  for (let time = seconds(from); time <= seconds(to); time += step) times.push(time);
  const found = weights(scale(calendar, zone), times, 0);
  return times.filter((_, at) => found[at]! >= least).map((time) => new Date(time * 1000).toISOString().slice(0, 16));
}

test("day marks stand at the starts of trading days, also when the clocks change", () => {
  assert.deepEqual(marked(UTC_DAYS, "UTC", "2024-01-16T01:00Z", "2024-01-18T00:00Z", 3600, DAY), ["2024-01-17T00:00", "2024-01-18T00:00"]);
  assert.deepEqual(marked(NEW_YORK, "UTC", "2024-03-07T12:00Z", "2024-03-12T12:00Z", 3600, DAY), ["2024-03-07T22:00", "2024-03-10T21:00", "2024-03-11T21:00"]);
  assert.deepEqual(marked(NEW_YORK, "Asia/Tokyo", "2024-11-01T12:00Z", "2024-11-05T12:00Z", 900, DAY), ["2024-11-03T22:00", "2024-11-04T22:00"]);
});

test("months and years begin with the trading day of their first date", () => {
  const days = { ...NEW_YORK, weekdays: [0, 1, 2, 3, 4, 5, 6] };
  assert.deepEqual(marked(days, "UTC", "2024-01-30T12:00Z", "2024-02-02T12:00Z", 3600, MONTH), ["2024-01-31T22:00"]);
  assert.deepEqual(marked(days, "UTC", "2023-12-30T12:00Z", "2024-01-02T12:00Z", 3600, YEAR), ["2023-12-31T22:00"]);
});

test("clock marks are round in the zone of the display", () => {
  assert.deepEqual(marked(UTC_DAYS, "Asia/Kolkata", "2024-01-16T01:00Z", "2024-01-16T03:00Z", 900, 30), ["2024-01-16T01:30", "2024-01-16T02:30"]);
  assert.deepEqual(marked(UTC_DAYS, "UTC", "2024-01-16T10:10Z", "2024-01-16T12:00Z", 600, 33), ["2024-01-16T12:00"]);
});

test("daily bars have a mark each, and a heavier one in a new month", () => {
  const times = ["2024-01-30T17:00:00-05:00", "2024-01-31T17:00:00-05:00", "2024-02-01T17:00:00-05:00"].map(seconds);
  assert.deepEqual(weights(scale(NEW_YORK, "UTC", true), times, 0), [DAY, MONTH, DAY]);
  assert.deepEqual(weights(scale(NEW_YORK, "UTC", true), times, 2), [DAY]);
  assert.deepEqual(weights(scale(NEW_YORK, "UTC", true), [], 0), []);
  assert.equal(weights(scale(UTC_DAYS, "UTC"), [seconds("2024-01-16T10:00Z")], 0).length, 1);
});
