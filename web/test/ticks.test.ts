import assert from "node:assert/strict";
import { test } from "node:test";
import type { Op, Subscribe, Trades, WireTrade } from "../src/protocol.ts";
import { Ticks } from "../src/ticks.ts";

const trades = (since: number, version: number, data: WireTrade[] = [], lost?: Record<string, number>): Trades =>
  lost ? { type: "trades", since, version, data, lost } : { type: "trades", since, version, data };

function asked(ops: Op[]): Subscribe | undefined {
  return ops.find((op): op is Subscribe => op.op === "subscribe" && op.symbols.length > 0);
}

function answer(ticks: Ticks, ops: Op[]): void {
  const op = asked(ops)!;
  ticks.subscribed({ type: "subscribed", id: op.id!, channel: "trades", symbols: op.symbols, rate: 10 });
}

function watching(symbol: string): Ticks {
  const ticks = new Ticks();
  ticks.choose(symbol, false);
  answer(ticks, ticks.resume("e"));
  return ticks;
}

test("a newly chosen symbol's trades are asked for from a while ago", () => {
  const ticks = new Ticks();
  ticks.resume("e");
  ticks.receive(trades(0, 10_000));
  const since = asked(ticks.choose("A", true))?.since;
  assert.deepEqual(since, { epoch: "e", version: 6000 });
});

test("trades tell which way the price went", () => {
  const ticks = watching("A");
  ticks.receive(trades(0, 4, [["A", 1, 5, 1], ["A", 2, 6, 1], ["A", 3, 6, 1], ["A", 4, 4, 1]]));
  assert.deepEqual(ticks.trades.map(({ way }) => way), [0, 1, 0, -1]);
});

test("no trade comes twice", () => {
  const ticks = watching("A");
  ticks.receive(trades(0, 2, [["A", 1, 5, 1]]));
  ticks.receive(trades(0, 2, [["A", 1, 5, 1]]));
  assert.equal(ticks.trades.length, 1);
});

test("a gap is counted and asked for again", () => {
  const ticks = watching("A");
  ticks.receive(trades(0, 2, [["A", 1, 5, 1]]));
  assert.ok(asked(ticks.receive(trades(7, 9, [["A", 2, 5, 1]]))));
  assert.equal(ticks.lost, 1);
});

test("lost trades are counted, but not those from before the symbol was chosen", () => {
  const ticks = watching("A");
  ticks.receive(trades(0, 2, [["A", 1, 5, 1]], { A: 40 }));
  assert.equal(ticks.lost, 0);
  ticks.receive(trades(2, 9, [["A", 2, 5, 1]], { A: 3 }));
  assert.equal(ticks.lost, 3);
  assert.equal(ticks.trades.at(-1)?.lost, 3);
});

test("what was under way for the symbol before is left out", () => {
  const ticks = watching("A");
  const ops = ticks.choose("B", true);
  ticks.receive(trades(0, 50, [["A", 1, 5, 1]]));
  assert.deepEqual(ticks.trades, []);
  answer(ticks, ops);
  ticks.receive(trades(20, 50, [["B", 1, 7, 1]]));
  assert.equal(ticks.trades.length, 1);
});

test("a new connection goes on after the newest trade", () => {
  const ticks = watching("A");
  ticks.receive(trades(0, 12, [["A", 1, 5, 1]]));
  assert.deepEqual(asked(ticks.resume("e"))?.since, { epoch: "e", version: 12 });
  assert.equal(asked(ticks.resume("f"))?.since?.version, 0);
  assert.deepEqual(ticks.trades, []);
});
