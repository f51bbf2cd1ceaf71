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

test("a symbol that a spreadsheet would evaluate begins with a quote", () => {
  const first = (symbol: string): string => csvOf([symbol], columnsOf(["last"]), () => undefined, 0).split("\r\n")[1]!;
  // The last one is a full-width equals sign.
  for (const name of ["=1", "+1", "-1", "@A", " =1", "\uff1d1"]) assert.equal(first(name), `'${name},,`);
  assert.equal(first("A;=1; +2"), "A;'=1;' +2,,");
  for (const name of ["A;1", "ES=F", "BRK-B", "^GSPC", "'=1"]) assert.equal(first(name), `${name},,`);
});

test("CSV has small, large and negative numbers exactly, without an exponent", () => {
  const csv = (value: number): string => csvOf(["A"], columnsOf(["last"]), () => row("A", { last: value }), 0).split("\r\n")[1]!.split(",")[1]!;
  for (const text of ["0.00001234", "0.000000012345678", "0.0000000000001", "45000000000.25", "-37.63", "-0.00000001"]) assert.equal(csv(Number(text)), text);
});
