import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bar, barFrom, BarSeries, barsFrom, summary } from "../../src/market/bars.ts";
import type { WireBar } from "../../src/protocol/messages.ts";

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

test("an update of the last bar needs no redraw", () => {
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

test("a bar between two others is inserted", () => {
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

test("the chart has a summary in text", () => {
  const text = summary("A", "1m", [bar(60, 2), bar(120, 3)], (time) => `second ${time}`, String);
  assert.equal(text, "A: 2 1-minute bars from second 60 to second 120, up 200.00 percent. Last 3, highest 9, lowest 1.");
  assert.equal(summary("A", "1d", [], String, String), "A: no daily bars yet.");
});
