import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../../src/market/board.ts";
import { newSpark } from "../../src/market/sparkline.ts";
import { columnsOf } from "../../src/watchlist/columns.ts";
import { csvOf } from "../../src/watchlist/csv.ts";

const row = (symbol: string, values: Row["values"]): Row => ({ symbol, values, tick: 0, updatedMs: 0, spark: newSpark() });

test("CSV has unrounded numbers, quoted cells, and no formulas", () => {
  const found = new Map([
    ["=1+1", row("=1+1", { last: 1.5, ts: 1_704_205_800e9 })],
    ['a,"b"', row('a,"b"', { last: 0.1 + 0.2 })],
  ]);
  const text = csvOf([...found.keys(), "gone"], columnsOf(["last", "spark"]), (symbol) => found.get(symbol), 0);
  assert.deepEqual(text.split("\r\n"), ["symbol,last,ts", "'=1+1,1.5,2024-01-02T14:30:00.000Z", '"a,""b""",0.3,', "gone,,", ""]);
});
