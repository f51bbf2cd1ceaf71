import assert from "node:assert/strict";
import { test } from "node:test";
import { intervalText, isDaily, isInterval, nextInterval, secondsOf } from "../../src/market/intervals.ts";
import { INTERVALS } from "../../src/protocol/messages.ts";

test("an interval has a length and a name", () => {
  assert.deepEqual(["30s", "10m", "4h", "1d", "1w", "1M", "x"].map(secondsOf), [30, 600, 14_400, 86_400, 604_800, 2_592_000, 0]);
  assert.deepEqual(["10m", "1s", "4h", "1d", "1w", "1M"].map(intervalText), ["10-minute", "1-second", "4-hour", "daily", "weekly", "monthly"]);
  assert.deepEqual(["1m", "1M", "1d", "24h"].map(isDaily), [false, true, true, false]);
  assert.deepEqual(["5m", "90s", "", "m", "5 m", "5x", 5, null, "1234567s"].map(isInterval), [true, true, false, false, false, false, false, false, false]);
});

test("the next interval is one with a button", () => {
  assert.deepEqual([nextInterval(INTERVALS, "1m", 1), nextInterval(INTERVALS, "1m", -1)], ["5m", "5s"]);
  assert.deepEqual([nextInterval(INTERVALS, "10m", 1), nextInterval(INTERVALS, "10m", -1)], ["15m", "5m"]);
  assert.deepEqual([nextInterval(INTERVALS, "1M", 1), nextInterval(INTERVALS, "1s", -1)], ["1M", "1s"]);
});
