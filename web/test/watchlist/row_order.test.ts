import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../../src/market/board.ts";
import { newSpark } from "../../src/market/sparkline.ts";
import { RowOrder } from "../../src/watchlist/row_order.ts";

const row = (symbol: string, values: Row["values"]): Row => ({ symbol, values, tick: 0, updatedMs: 0, spark: newSpark() });

test("rows are sorted once a second, and not under the mouse", () => {
  const order = new RowOrder();
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
  order.invalidate();
  assert.deepEqual(at(1150), ["B", "A"], "a new sort order applies at once");
});

test("removing a row under the mouse keeps the order of the others", () => {
  const order = new RowOrder();
  const sort = { field: "last", descending: true };
  let values: Record<string, number> = { A: 3, B: 2, C: 1 };
  const look = (symbol: string): Row => row(symbol, { last: values[symbol]! });
  order.sort(() => ["A", "B", "C"], sort, look, 0);
  order.frozen = true;
  values = { A: 1, B: 2, C: 3 };
  order.listChanged();
  assert.equal(order.sort(() => ["A", "C"], sort, look, 5000), true);
  assert.deepEqual(order.symbols, ["A", "C"]);
  order.listChanged();
  order.sort(() => ["A", "C", "D"], sort, look, 5001);
  assert.deepEqual(order.symbols[0], "C", "a new symbol is sorted in");
});
