import assert from "node:assert/strict";
import { test } from "node:test";
import { delayMs } from "../src/backoff.ts";
import { Latency } from "../src/latency.ts";
import { Meter } from "../src/meter.ts";
import { addClose, backfill, newSpark, POINTS } from "../src/sparks.ts";

test("waiting grows to a bound, and is between half and the whole of it", () => {
  assert.deepEqual([0, 1, 2, 3, 40].map((attempt) => delayMs(attempt, 0)), [150, 300, 600, 1200, 5000]);
  assert.ok(delayMs(1, 0.999) < 600);
});

test("latency doesn't depend on how the server's clock is set", () => {
  for (const offset of [0, 3_600_000, -90_000]) {
    const latency = new Latency();
    latency.pinged(8, 1000);
    for (let i = 0; i < 100; i++) latency.heard((2000 + i + offset) * 1e6, 2000 + i + 4);
    assert.ok(Math.abs(latency.ms! - 4) < 0.01, `${latency.ms}`);
    for (let i = 0; i < 100; i++) latency.heard((3000 + i + offset) * 1e6, 3000 + i + 24);
    assert.ok(Math.abs(latency.ms! - 24) < 0.1, "messages that come 20 ms later are 20 ms older");
  }
});

test("there is no latency before the first ping", () => {
  const latency = new Latency();
  latency.heard(1e15, 5);
  assert.equal(latency.ms, null);
});

test("a meter tells the mean of the last seconds", () => {
  const meter = new Meter();
  for (let second = 0; second < 5; second++) meter.add(30, second * 1000);
  assert.equal(meter.perSecond(5000), 30);
  assert.equal(meter.perSecond(6500), 20);
  assert.equal(meter.perSecond(60_000), 0);
});

test("a sparkline has a close for each step of market time, and the latest", () => {
  const spark = newSpark();
  for (const [second, price] of [[0, 1], [3, 2], [5, 3], [9, 4], [30, 5]] as const) addClose(spark, second * 1e9, price);
  assert.deepEqual(spark.closes, [2, 4, 5]);
  addClose(spark, 1e9, 9);
  assert.deepEqual(spark.closes, [9], "a seek back starts anew");
});

test("known history stands before what was seen, and is bounded", () => {
  const spark = newSpark();
  addClose(spark, 100e9, 7);
  backfill(spark, Array.from({ length: 80 }, (_, at) => [at * 5e9, at] as const));
  assert.equal(spark.closes.at(-1), 7);
  assert.equal(spark.closes.at(-2), 19);
  assert.equal(spark.closes.length, 21);
  for (let at = 0; at < 200; at++) addClose(spark, (200 + at * 5) * 1e9, at);
  assert.equal(spark.closes.length, POINTS);
});
