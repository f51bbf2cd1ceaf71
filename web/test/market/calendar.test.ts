import assert from "node:assert/strict";
import { test } from "node:test";
import { calendarFrom, calendarText, type MarketCalendar, TradingDays, UTC_DAYS } from "../../src/market/calendar.ts";

const HOUR = 3600;
const calendar = (zone: string, start = 0, weekdays = [0, 1, 2, 3, 4, 5, 6]): MarketCalendar => ({ name: zone, zone, day_start: start, weekdays, holidays: [] });
const FOREX = calendar("America/New_York", -7 * HOUR, [0, 1, 2, 3, 4]);
/** The date of a trading day, at a time written with its offset. */
const date = (of: MarketCalendar, time: string): string => new Date(new TradingDays(of).at(Date.parse(time) / 1000) * 86_400_000).toISOString().slice(0, 10);
const barDate = (of: MarketCalendar, time: string): string => new Date(new TradingDays(of).ofBar(Date.parse(time) / 1000) * 86_400_000).toISOString().slice(0, 10);

test("days of UTC and of a zone begin at midnight", () => {
  assert.deepEqual([date(UTC_DAYS, "2024-01-15T23:59:59Z"), date(UTC_DAYS, "2024-01-16T00:00:00Z")], ["2024-01-15", "2024-01-16"]);
  const tokyo = calendar("Asia/Tokyo");
  assert.deepEqual([date(tokyo, "2024-01-14T14:59:59Z"), date(tokyo, "2024-01-14T15:00:00Z")], ["2024-01-14", "2024-01-15"]);
});

test("a day that begins the evening before has the next date, and Friday's lasts until Sunday evening", () => {
  assert.deepEqual([date(FOREX, "2024-01-16T16:59:59-05:00"), date(FOREX, "2024-01-16T17:00:00-05:00")], ["2024-01-16", "2024-01-17"]);
  for (const time of ["2024-01-18T17:00:00-05:00", "2024-01-19T17:00:00-05:00", "2024-01-20T12:00:00-05:00", "2024-01-21T16:59:59-05:00"]) assert.equal(date(FOREX, time), "2024-01-19", time);
  assert.equal(date(FOREX, "2024-01-21T17:00:00-05:00"), "2024-01-22");
  const late = calendar("America/New_York", 4 * HOUR);
  assert.deepEqual([date(late, "2024-01-16T03:59:59-05:00"), date(late, "2024-01-16T04:00:00-05:00")], ["2024-01-15", "2024-01-16"]);
});

test("a holiday belongs to the trading day before it", () => {
  const holidays = { XNYS: ["2024-01-15", "2024-07-04", 5, "2024-7-5", "x"], XTKS: ["2024-01-16"], bad: "2024-01-16" };
  const york = calendarFrom({ name: "XNYS", zone: "America/New_York", day_start: 0, weekdays: [0, 1, 2, 3, 4] }, holidays);
  assert.deepEqual(york.holidays, [19_737, 19_908]);
  for (const time of ["2024-01-12T00:00:00-05:00", "2024-01-13T12:00:00-05:00", "2024-01-15T12:00:00-05:00"]) assert.equal(date(york, time), "2024-01-12", time);
  assert.equal(date(york, "2024-01-16T00:00:00-05:00"), "2024-01-16");
  assert.equal(date(york, "2024-07-04T12:00:00-04:00"), "2024-07-03");
  assert.equal(barDate(york, "2024-07-03T00:00:00-04:00"), "2024-07-03");
  for (const name of ["bad", "__proto__", "none"]) assert.deepEqual(calendarFrom({ ...york, name }, holidays).holidays, []);
  for (const other of [undefined, null, 5, []]) assert.deepEqual(calendarFrom(york, other).holidays, []);
});

test("days begin at the same clock time across changes of the clocks", () => {
  const chicago = calendar("America/Chicago", -7 * HOUR);
  assert.deepEqual([date(chicago, "2024-03-09T16:59:59-06:00"), date(chicago, "2024-03-09T17:00:00-06:00")], ["2024-03-09", "2024-03-10"]);
  assert.deepEqual([date(chicago, "2024-03-10T16:59:59-05:00"), date(chicago, "2024-03-10T17:00:00-05:00")], ["2024-03-10", "2024-03-11"]);
  assert.deepEqual([date(chicago, "2024-11-02T16:59:59-05:00"), date(chicago, "2024-11-03T16:59:59-06:00"), date(chicago, "2024-11-03T17:00:00-06:00")], ["2024-11-02", "2024-11-03", "2024-11-04"]);
  const london = calendar("Europe/London");
  assert.deepEqual([date(london, "2024-03-31T22:59:59Z"), date(london, "2024-03-31T23:00:00Z")], ["2024-03-31", "2024-04-01"]);
  assert.deepEqual([date(london, "2024-10-26T22:59:59Z"), date(london, "2024-10-26T23:00:00Z"), date(london, "2024-10-27T23:59:59Z")], ["2024-10-26", "2024-10-27", "2024-10-27"]);
});

test("a day that has begun does not end because the clocks go back over its start", () => {
  const odd = calendar("America/New_York", 1.5 * HOUR);
  assert.deepEqual(["2024-11-03T01:29:59-04:00", "2024-11-03T01:30:00-04:00", "2024-11-03T01:00:00-05:00", "2024-11-03T01:45:00-05:00"].map((time) => date(odd, time)), [
    "2024-11-02", "2024-11-03", "2024-11-03", "2024-11-03",
  ]);
});

test("a daily bar has the date of its trading day", () => {
  assert.equal(barDate(FOREX, "2024-01-21T17:00:00-05:00"), "2024-01-22");
  assert.equal(barDate(calendar("Asia/Tokyo"), "2024-01-15T00:00:00+09:00"), "2024-01-15");
  assert.equal(barDate(UTC_DAYS, "1969-12-31T00:00:00Z"), "1969-12-31");
});

test("a calendar that is not one, or of an unknown zone, has the days of UTC", () => {
  for (const bad of [null, 5, {}, { zone: 3, day_start: 0, weekdays: [] }, { zone: "UTC", day_start: null, weekdays: [] }]) assert.equal(calendarFrom(bad), UTC_DAYS);
  assert.deepEqual(calendarFrom({ ...FOREX, weekdays: [0, 9, "x"] }), { ...FOREX, weekdays: [0] });
  assert.equal(date(calendar("Mars/Olympus"), "2024-01-16T00:00:00Z"), "2024-01-16");
});

test("when days begin is told in a sentence", () => {
  assert.equal(calendarText(UTC_DAYS), "Trading days begin at midnight UTC.");
  assert.equal(calendarText(FOREX), "Trading days begin at 17:00 the evening before, America/New_York.");
  assert.equal(calendarText(calendar("Asia/Tokyo", 1.5 * HOUR)), "Trading days begin at 01:30, Asia/Tokyo.");
});
