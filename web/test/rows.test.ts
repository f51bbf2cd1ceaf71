import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../src/board.ts";
import { changePercent, columnsOf, inRange } from "../src/columns.ts";
import { csvOf } from "../src/csv.ts";
import { Order } from "../src/order.ts";
import { newSpark } from "../src/sparks.ts";
import { nextSort, sorted } from "../src/sorting.ts";

const row = (symbol: string, values: Row["values"]): Row => ({ symbol, values, tick: 0, heardMs: 0, spark: newSpark() });
const rows = new Map(
  [row("A", { last: 5, volume: 10 }), row("B2", { last: 9, volume: 20 }), row("B10", { last: 1, volume: 20 })].map((each) => [each.symbol, each] as const),
);
const find = (symbol: string): Row | undefined => rows.get(symbol);

test("rows are sorted by a column, and those without a value stand last either way", () => {
  const symbols = ["X", "A", "B2", "B10"];
  assert.deepEqual(sorted(symbols, { field: "last", descending: true }, find, 0), ["B2", "A", "B10", "X"]);
  assert.deepEqual(sorted(symbols, { field: "last", descending: false }, find, 0), ["B10", "A", "B2", "X"]);
});

test("equal rows stay as they were, and names count as people count", () => {
  assert.deepEqual(sorted(["B10", "A", "B2"], { field: "volume", descending: true }, find, 0), ["B10", "B2", "A"]);
  assert.deepEqual(sorted(["B10", "A", "B2"], { field: "symbol", descending: false }, find, 0), ["A", "B2", "B10"]);
  assert.deepEqual(sorted(["B10", "A"], null, find, 0), ["B10", "A"]);
});

test("a third click on a head gives the list's own order back", () => {
  const first = nextSort(null, "last");
  const second = nextSort(first, "last");
  assert.deepEqual([first, second, nextSort(second, "last")], [{ field: "last", descending: true }, { field: "last", descending: false }, null]);
});

test("the order is renewed once a second, and not under the mouse", () => {
  const order = new Order();
  const sort = { field: "last", descending: true };
  let values: Record<string, number> = { A: 1, B: 2 };
  const look = (symbol: string): Row => row(symbol, { last: values[symbol]! });
  const at = (ms: number): string[] => {
    order.sort(() => ["A", "B"], sort, look, ms);
    return order.symbols;
  };
  assert.deepEqual(at(0), ["B", "A"]);
  values = { A: 3, B: 2 };
  assert.deepEqual(at(900), ["B", "A"]);
  order.frozen = true;
  assert.deepEqual(at(1100), ["B", "A"]);
  order.frozen = false;
  assert.deepEqual(at(1100), ["A", "B"]);
  values = { A: 1, B: 2 };
  order.frozen = true;
  order.renew();
  assert.deepEqual(at(1150), ["B", "A"], "what the user asked for is done at once");
});

test("a change counts from the close before, or else from the open", () => {
  assert.equal(changePercent(row("A", { last: 11, prev_close: 10, open: 5 })), 10);
  assert.equal(changePercent(row("A", { last: 11, open: 10 })), 10);
  assert.equal(changePercent(row("A", { last: 11 })), null);
});

test("the place in the day's range is between 0 and 1", () => {
  assert.equal(inRange(row("A", { low: 10, high: 20, last: 15 })), 0.5);
  assert.equal(inRange(row("A", { low: 10, high: 10, last: 10 })), 0.5);
  assert.equal(inRange(row("A", { low: 10, high: 20, last: 30 })), 1);
  assert.equal(inRange(row("A", { low: 10, last: 30 })), null);
});

test("CSV has the numbers as they are, quotes what must be, and lets no formula through", () => {
  const found = new Map([
    ["=1+1", row("=1+1", { last: 1.5, ts: 1_704_205_800e9 })],
    ['a,"b"', row('a,"b"', { last: 0.1 + 0.2 })],
  ]);
  const text = csvOf([...found.keys(), "gone"], columnsOf(["last", "spark"]), (symbol) => found.get(symbol), 0);
  assert.deepEqual(text.split("\r\n"), ["symbol,last,ts", "'=1+1,1.5,2024-01-02T14:30:00.000Z", '"a,""b""",0.3,', "gone,,", ""]);
});

test("what is taken out under the mouse moves nothing but what stood below it", () => {
  const order = new Order();
  const sort = { field: "last", descending: true };
  let values: Record<string, number> = { A: 3, B: 2, C: 1 };
  const look = (symbol: string): Row => row(symbol, { last: values[symbol]! });
  order.sort(() => ["A", "B", "C"], sort, look, 0);
  order.frozen = true;
  values = { A: 1, B: 2, C: 3 };
  order.relist();
  assert.equal(order.sort(() => ["A", "C"], sort, look, 5000), true);
  assert.deepEqual(order.symbols, ["A", "C"]);
  order.relist();
  order.sort(() => ["A", "C", "D"], sort, look, 5001);
  assert.deepEqual(order.symbols[0], "C", "what is new has its place");
});
