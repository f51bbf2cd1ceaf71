import assert from "node:assert/strict";
import { test } from "node:test";
import { BarsChannel } from "../../src/client/bars_channel.ts";
import { type Bar, barFrom } from "../../src/market/bars.ts";
import type { Bars, Interval, Subscribe, WireBar } from "../../src/protocol/messages.ts";

const wire = (symbol: string, start: number, close: number, closed: boolean): WireBar => [symbol, start * 1e9, 1, 9, 1, close, 100, null, 3, closed];
const bar = (time: number, close: number, closed = true): Bar => barFrom(wire("A", time, close, closed));

const message = (since: number, version: number, interval: Interval, ...data: WireBar[]): Bars => ({ type: "bars", interval, since, version, data });

/** A channel of A's 1-minute bars, subscribed. */
function watching(): BarsChannel {
  const channel = new BarsChannel("1m");
  channel.choose("A", "1m", false);
  const [op] = channel.resume();
  assert.ok(channel.subscribed({ type: "subscribed", id: (op as Subscribe).id!, channel: "bars", symbols: ["A"], rate: 10 }));
  return channel;
}

test("bars of another symbol or interval are ignored", () => {
  const channel = watching();
  channel.receive(message(0, 1, "5m", wire("A", 60, 2, true)));
  channel.receive(message(0, 1, "1m", wire("B", 60, 2, true)));
  assert.equal(channel.series.all.length, 0);
  channel.receive(message(1, 2, "1m", wire("A", 60, 2, true)));
  assert.equal(channel.series.all.length, 1);
});

test("bars before the answer belong to the previous choice", () => {
  const channel = new BarsChannel("1m");
  channel.choose("A", "1m", true);
  channel.receive(message(0, 1, "1m", wire("A", 60, 2, true)));
  assert.equal(channel.series.all.length, 0);
});

test("after a missed closed bar the history is fetched again", () => {
  const channel = watching();
  assert.equal(channel.receive(message(3, 5, "1m")), false, "the first message sets the position");
  assert.equal(channel.receive(message(5, 6, "1m", wire("A", 60, 2, true))), false);
  assert.equal(channel.receive(message(8, 9, "1m", wire("A", 240, 2, true))), true);
  assert.equal(channel.receive({ ...message(9, 12, "1m"), lost: { A: 1 } }), true);
});

test("a rejected symbol has an error and no history", () => {
  const channel = new BarsChannel("1m");
  const [op] = channel.choose("X", "1m", true);
  const id = (op as Subscribe).id!;
  assert.equal(channel.subscribed({ type: "subscribed", id, channel: "bars", symbols: [], rate: 10, rejected: { X: "unknown-symbol" } }), false);
  assert.match(channel.error ?? "", /not offer/);
});

test("another symbol or interval starts empty, and discards older answers", () => {
  const channel = new BarsChannel("1m");
  channel.choose("A", "1m", false);
  channel.series.merge([bar(60, 1)]);
  const { generation } = channel;
  const ops = channel.choose("A", "5m", true);
  assert.deepEqual(ops.map(({ op }) => op), ["unsubscribe", "subscribe"]);
  assert.equal(channel.series.all.length, 0);
  assert.notEqual(channel.generation, generation);
});

test("bars are subscribed with revisions, and a revised one replaces the first", () => {
  const channel = watching();
  const [op] = channel.resume();
  assert.deepEqual([(op as Subscribe).revisions, (op as Subscribe).interval], [true, "1m"]);
  channel.subscribed({ type: "subscribed", id: (op as Subscribe).id!, channel: "bars", symbols: ["A"], rate: 10 });
  channel.receive(message(0, 1, "1m", wire("A", 60, 2, true)));
  channel.receive(message(1, 2, "1m", ["A", 60e9, 1, 9, 1, 8, 100, null, 3, true, 1, false]));
  assert.deepEqual(channel.series.all.map(({ close, revision }) => [close, revision]), [[8, 1]]);
});

test("the chart is empty until there are bars, an error or a hint", () => {
  const channel = new BarsChannel("1m");
  assert.equal(channel.isEmpty, false);
  channel.choose("A", "1m", false);
  assert.equal(channel.isEmpty, true);
  channel.hint = "no bars shorter than 1d";
  assert.equal(channel.isEmpty, false);
  channel.choose("A", "5m", false);
  assert.equal(channel.isEmpty, true);
  channel.series.merge([bar(60, 1)]);
  assert.equal(channel.isEmpty, false);
});
