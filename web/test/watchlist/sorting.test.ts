import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../../src/market/board.ts";
import { newSpark } from "../../src/market/sparkline.ts";
import { nextSort, sorted } from "../../src/watchlist/sorting.ts";

const row = (symbol: string, values: Row["values"]): Row => ({ symbol, values, tick: 0, updatedMs: 0, spark: newSpark() });
const rows = new Map(
  [row("A", { last: 5, volume: 10 }), row("B2", { last: 9, volume: 20 }), row("B10", { last: 1, volume: 20 })].map((each) => [each.symbol, each] as const),
);
const find = (symbol: string): Row | undefined => rows.get(symbol);

test("rows are sorted by a column, with missing values last in both directions", () => {
  const symbols = ["X", "A", "B2", "B10"];
  assert.deepEqual(sorted(symbols, { field: "last", descending: true }, find, 0), ["B2", "A", "B10", "X"]);
  assert.deepEqual(sorted(symbols, { field: "last", descending: false }, find, 0), ["B10", "A", "B2", "X"]);
});

test("sorting is stable, and symbols sort naturally", () => {
  assert.deepEqual(sorted(["B10", "A", "B2"], { field: "volume", descending: true }, find, 0), ["B10", "B2", "A"]);
  assert.deepEqual(sorted(["B10", "A", "B2"], { field: "symbol", descending: false }, find, 0), ["A", "B2", "B10"]);
  assert.deepEqual(sorted(["B10", "A"], null, find, 0), ["B10", "A"]);
});

test("a third click on a header restores the list's order", () => {
  const first = nextSort(null, "last");
  const second = nextSort(first, "last");
  assert.deepEqual([first, second, nextSort(second, "last")], [{ field: "last", descending: true }, { field: "last", descending: false }, null]);
});
