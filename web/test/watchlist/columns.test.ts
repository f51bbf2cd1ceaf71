import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../../src/market/board.ts";
import { newSpark } from "../../src/market/sparkline.ts";
import { changePercent, inRange } from "../../src/watchlist/columns.ts";

const row = (symbol: string, values: Row["values"]): Row => ({ symbol, values, tick: 0, updatedMs: 0, spark: newSpark() });

test("a change is measured from the previous close, or else from the open", () => {
  assert.equal(changePercent(row("A", { last: 11, prev_close: 10, open: 5 })), 10);
  assert.equal(changePercent(row("A", { last: 11, open: 10 })), 10);
  assert.equal(changePercent(row("A", { last: 11 })), null);
});

test("a rise from a negative price is positive", () => {
  assert.equal(changePercent(row("CL", { last: -5, prev_close: -10 })), 50);
  assert.equal(changePercent(row("CL", { last: -20, prev_close: -10 })), -100);
  assert.equal(changePercent(row("CL", { last: 1, prev_close: 0 })), null);
});

test("the position in the day's range is between 0 and 1", () => {
  assert.equal(inRange(row("A", { low: 10, high: 20, last: 15 })), 0.5);
  assert.equal(inRange(row("A", { low: 10, high: 10, last: 10 })), 0.5);
  assert.equal(inRange(row("A", { low: 10, high: 20, last: 30 })), 1);
  assert.equal(inRange(row("A", { low: 10, last: 30 })), null);
  assert.equal(inRange(row("A", { low: -40, high: -20, last: -25 })), 0.75);
});
