import assert from "node:assert/strict";
import { test } from "node:test";
import { BarFeed } from "../src/barfeed.ts";
import { barFrom, barsFrom, BarSeries, summary, type Bar } from "../src/bars.ts";
import type { Bars, Interval, Subscribe, WireBar } from "../src/protocol.ts";

const wire = (symbol: string, start: number, close: number, closed: boolean): WireBar => [symbol, start * 1e9, 1, 9, 1, close, 100, null, 3, closed];
const bar = (time: number, close: number, closed = true): Bar => barFrom(wire("A", time, close, closed));
const closes = (series: BarSeries): number[] => series.all.map(({ close }) => close);

test("history and live bars are merged in order of time", () => {
  const series = new BarSeries();
  series.merge([bar(240, 5, false)]);
  series.merge([60, 120, 180, 240].map((time, at) => bar(time, at + 1)));
  assert.deepEqual(series.all.map(({ time }) => time), [60, 120, 180, 240]);
  assert.deepEqual(closes(series), [1, 2, 3, 4]);
});

test("a closed bar is final", () => {
  const series = new BarSeries();
  series.merge([bar(60, 1), bar(120, 2)]);
  series.merge([bar(120, 9, false)]);
  assert.deepEqual(closes(series), [1, 2]);
  series.merge([0, 60, 120, 180].map((time) => bar(time, 7, false)));
  assert.deepEqual(closes(series), [7, 1, 2, 7]);
});

test("the bar under way is amended without drawing all anew", () => {
  const series = new BarSeries();
  series.merge([bar(60, 1), bar(120, 2, false)]);
  const { rewrites } = series;
  series.merge([bar(120, 3, false)]);
  series.merge([bar(120, 4), bar(180, 5, false)]);
  assert.equal(series.rewrites, rewrites);
  series.merge([bar(60, 8)]);
  assert.ok(series.rewrites > rewrites);
  assert.deepEqual(closes(series), [8, 4, 5]);
});

test("a bar between two others finds its place", () => {
  const series = new BarSeries();
  series.merge([bar(60, 1), bar(180, 3)]);
  series.merge([bar(120, 2)]);
  assert.deepEqual(closes(series), [1, 2, 3]);
});

test("an answer without bars is an error", () => {
  assert.throws(() => barsFrom({ message: "no" }), /no bars/);
  assert.throws(() => barsFrom(null), /no bars/);
  assert.equal(barsFrom({ bars: [wire("A", 60, 2, true).slice(1)] })[0]?.time, 60);
});

const message = (since: number, version: number, interval: Interval, ...data: WireBar[]): Bars => ({ type: "bars", interval, since, version, data });

/** A feed of A's minutes, whose subscribe was answered. */
function watching(): BarFeed {
  const feed = new BarFeed("1m");
  feed.choose("A", "1m", false);
  const [op] = feed.resume();
  assert.ok(feed.subscribed({ type: "subscribed", id: (op as Subscribe).id!, channel: "bars", symbols: ["A"], rate: 10 }));
  return feed;
}

test("bars of another symbol or interval are left out", () => {
  const feed = watching();
  feed.receive(message(0, 1, "5m", wire("A", 60, 2, true)));
  feed.receive(message(0, 1, "1m", wire("B", 60, 2, true)));
  assert.equal(feed.series.all.length, 0);
  feed.receive(message(1, 2, "1m", wire("A", 60, 2, true)));
  assert.equal(feed.series.all.length, 1);
});

test("what comes before the answer belongs to the choice before", () => {
  const feed = new BarFeed("1m");
  feed.choose("A", "1m", true);
  feed.receive(message(0, 1, "1m", wire("A", 60, 2, true)));
  assert.equal(feed.series.all.length, 0);
});

test("a closed bar that was missed means that the history is fetched again", () => {
  const feed = watching();
  assert.equal(feed.receive(message(3, 5, "1m")), false, "the first message tells where one is");
  assert.equal(feed.receive(message(5, 6, "1m", wire("A", 60, 2, true))), false);
  assert.equal(feed.receive(message(8, 9, "1m", wire("A", 240, 2, true))), true);
  assert.equal(feed.receive({ ...message(9, 12, "1m"), lost: { A: 1 } }), true);
});

test("a symbol that the server rejects has no history to fetch, and the chart says why", () => {
  const feed = new BarFeed("1m");
  const [op] = feed.choose("X", "1m", true);
  const id = (op as Subscribe).id!;
  assert.equal(feed.subscribed({ type: "subscribed", id, channel: "bars", symbols: [], rate: 10, rejected: { X: "unknown-symbol" } }), false);
  assert.match(feed.refusal ?? "", /not offer/);
});

test("another symbol or interval begins with nothing, and an older answer is not its own", () => {
  const feed = new BarFeed("1m");
  feed.choose("A", "1m", false);
  feed.series.merge([bar(60, 1)]);
  const { turn } = feed;
  const ops = feed.choose("A", "5m", true);
  assert.deepEqual(ops.map(({ op }) => op), ["unsubscribe", "subscribe"]);
  assert.equal(feed.series.all.length, 0);
  assert.notEqual(feed.turn, turn);
});

test("the chart is told in words", () => {
  const text = summary("A", "1m", [bar(60, 2), bar(120, 3)], (time) => `second ${time}`, String);
  assert.equal(text, "A: 2 1-minute bars from second 60 to second 120, up 200.00 percent. Last 3, highest 9, lowest 1.");
  assert.equal(summary("A", "1d", [], String, String), "A: no daily bars yet.");
});
