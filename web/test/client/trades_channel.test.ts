import assert from "node:assert/strict";
import { test } from "node:test";
import { TradesChannel } from "../../src/client/trades_channel.ts";
import type { Op, Subscribe, Trades, WireTrade } from "../../src/protocol/messages.ts";

const trades = (since: number, version: number, data: WireTrade[] = [], lost?: Record<string, number>): Trades =>
  lost ? { type: "trades", since, version, data, lost } : { type: "trades", since, version, data };

function subscribeOf(ops: Op[]): Subscribe | undefined {
  return ops.find((op): op is Subscribe => op.op === "subscribe" && op.symbols.length > 0);
}

function answer(channel: TradesChannel, ops: Op[]): void {
  const op = subscribeOf(ops)!;
  channel.subscribed({ type: "subscribed", id: op.id!, channel: "trades", symbols: op.symbols, rate: 10 });
}

function watching(symbol: string): TradesChannel {
  const channel = new TradesChannel();
  channel.choose(symbol, false);
  answer(channel, channel.resume("e"));
  return channel;
}

test("a new symbol's recent trades are requested", () => {
  const channel = new TradesChannel();
  channel.resume("e");
  channel.receive(trades(0, 10_000));
  const since = subscribeOf(channel.choose("A", true))?.since;
  assert.deepEqual(since, { epoch: "e", version: 6000 });
});

test("trades have a direction", () => {
  const channel = watching("A");
  channel.receive(trades(0, 4, [["A", 1, 5, 1], ["A", 2, 6, 1], ["A", 3, 6, 1], ["A", 4, 4, 1]]));
  assert.deepEqual(channel.trades.map(({ direction }) => direction), [0, 1, 0, -1]);
});

test("no trade is repeated", () => {
  const channel = watching("A");
  channel.receive(trades(0, 2, [["A", 1, 5, 1]]));
  channel.receive(trades(0, 2, [["A", 1, 5, 1]]));
  assert.equal(channel.trades.length, 1);
});

test("a gap is counted and requested again", () => {
  const channel = watching("A");
  channel.receive(trades(0, 2, [["A", 1, 5, 1]]));
  assert.ok(subscribeOf(channel.receive(trades(7, 9, [["A", 2, 5, 1]]))));
  assert.equal(channel.lost, 1);
});

test("lost trades are counted, but not those from before the symbol was chosen", () => {
  const channel = watching("A");
  channel.receive(trades(0, 2, [["A", 1, 5, 1]], { A: 40 }));
  assert.equal(channel.lost, 0);
  channel.receive(trades(2, 9, [["A", 2, 5, 1]], { A: 3 }));
  assert.equal(channel.lost, 3);
  assert.equal(channel.trades.at(-1)?.lost, 3);
});

test("trades in flight for the previous symbol are ignored", () => {
  const channel = watching("A");
  const ops = channel.choose("B", true);
  channel.receive(trades(0, 50, [["A", 1, 5, 1]]));
  assert.deepEqual(channel.trades, []);
  answer(channel, ops);
  channel.receive(trades(20, 50, [["B", 1, 7, 1]]));
  assert.equal(channel.trades.length, 1);
});

test("a new connection resumes after the newest trade", () => {
  const channel = watching("A");
  channel.receive(trades(0, 12, [["A", 1, 5, 1]]));
  assert.deepEqual(subscribeOf(channel.resume("e"))?.since, { epoch: "e", version: 12 });
  assert.equal(subscribeOf(channel.resume("f"))?.since?.version, 0);
  assert.deepEqual(channel.trades, []);
});

test("conditions, late, cancelled and corrected trades", () => {
  const channel = watching("A");
  channel.receive(trades(0, 4, [["A", 10, 5, 1, ["@", "T"], 101, null], ["A", 20, 6, 2, [], 102, null], ["A", 15, 3, 1, [], 103, "late"], ["A", 30, 7, 1, [], 104, null]]));
  assert.deepEqual(channel.trades.map(({ price }) => price), [5, 6, 3, 7], "in the order of arrival");
  assert.deepEqual(channel.trades.map(({ isLate }) => isLate), [false, false, true, false]);
  assert.deepEqual(channel.trades.map(({ direction }) => direction), [0, 1, 0, 1], "a late trade is no change of the price");
  assert.deepEqual(channel.trades[0]!.conditions, ["@", "T"]);
  const { amendments } = channel;
  channel.receive(trades(4, 5, [["A", 20, 6, 2, [], 102, "cancel"]]));
  assert.equal(channel.trades.length, 4);
  assert.deepEqual(channel.trades.map(({ isCancelled }) => isCancelled), [false, true, false, false]);
  channel.receive(trades(5, 6, [["A", 30, 4, 9, ["I"], 104, "correct"]]));
  assert.deepEqual(channel.trades.at(-1), { ...channel.trades.at(-1)!, price: 4, size: 9, conditions: ["I"], before: { price: 7, size: 1 }, direction: -1 });
  assert.equal(channel.amendments, amendments + 2);
  channel.receive(trades(6, 7, [["A", 30, 4.5, 9, [], 104, "correct"]]));
  assert.deepEqual(channel.trades.at(-1)?.before, { price: 7, size: 1 }, "as it came first");
});

test("a change of a trade that is not in the list changes nothing", () => {
  const channel = watching("A");
  channel.receive(trades(0, 4, [["A", 10, 5, 1, [], 0, null], ["A", 20, 6, 2, [], 7, null]]));
  const { amendments } = channel;
  channel.receive(trades(4, 8, [["A", 10, 5, 1, [], 0, "cancel"], ["A", 20, 6, 2, [], 8, "cancel"], ["B", 20, 6, 2, [], 7, "cancel"], ["A", 19, 6, 2, [], 7, "cancel"]]));
  assert.deepEqual(channel.trades.map(({ isCancelled }) => isCancelled), [false, false]);
  assert.equal(channel.amendments, amendments);
});

test("rows without revisions are trades without conditions", () => {
  const channel = watching("A");
  channel.receive(trades(0, 1, [["A", 10, 5, 1]]));
  assert.deepEqual(channel.trades[0]!.conditions, []);
});

test("all subscribes are with revisions", () => {
  const channel = new TradesChannel();
  channel.choose("A", false);
  assert.deepEqual(channel.resume("e").map((op) => (op as Subscribe).revisions), [true, true]);
});
