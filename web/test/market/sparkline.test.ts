import assert from "node:assert/strict";
import { test } from "node:test";
import { addClose, backfill, newSpark, POINTS } from "../../src/market/sparkline.ts";

test("a sparkline has one close per step of market time, and the latest price", () => {
  const spark = newSpark();
  for (const [second, price] of [[0, 1], [3, 2], [5, 3], [9, 4], [30, 5]] as const) addClose(spark, second * 1e9, price);
  assert.deepEqual(spark.closes, [2, 4, 5]);
  addClose(spark, 1e9, 9);
  assert.deepEqual(spark.closes, [9], "going back in time clears the history");
});

test("history is put before the closes seen, and is bounded", () => {
  const spark = newSpark();
  addClose(spark, 100e9, 7);
  backfill(spark, Array.from({ length: 80 }, (_, at) => [at * 5e9, at] as const));
  assert.equal(spark.closes.at(-1), 7);
  assert.equal(spark.closes.at(-2), 19);
  assert.equal(spark.closes.length, 21);
  for (let at = 0; at < 200; at++) addClose(spark, (200 + at * 5) * 1e9, at);
  assert.equal(spark.closes.length, POINTS);
});
