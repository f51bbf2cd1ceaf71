import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bar, barFrom, BarSeries, historyFrom, ratioText, splitBars, summary } from "../../src/market/bars.ts";
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

test("a history does not set bars back that arrived after it was requested", () => {
  const series = new BarSeries();
  series.merge([bar(180, 1, false)]);
  series.awaitHistory();
  series.merge([bar(240, 9, false)]);
  series.mergeHistory([bar(60, 2), bar(120, 3), bar(180, 4), bar(240, 5, false)]);
  assert.deepEqual(closes(series), [2, 3, 4, 9]);
  series.awaitHistory();
  series.merge([bar(240, 10, false)]);
  series.mergeHistory([bar(240, 11)]);
  assert.deepEqual(closes(series), [2, 3, 4, 11], "but it closes them");
  series.awaitHistory();
  series.awaitHistory();
  series.merge([bar(300, 7, false)]);
  for (let answer = 0; answer < 2; answer++) {
    series.mergeHistory([bar(300, 3, false)]);
    assert.equal(series.last?.close, 7, "of two requests neither answer counts");
  }
  series.mergeHistory([bar(300, 1, false)]);
  series.mergeHistory([bar(300, 2, false)]);
  assert.equal(series.last?.close, 2, "without newer ones it counts");
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
  assert.throws(() => historyFrom({ message: "no" }), /no bars/);
  assert.throws(() => historyFrom(null), /no bars/);
  assert.equal(historyFrom({ bars: [wire("A", 60, 2, true).slice(1)] }).bars[0]?.time, 60);
});

test("the chart has a summary in text", () => {
  const text = summary("A", "1m", [bar(60, 2), bar(120, 3)], (time) => `second ${time}`, String);
  assert.equal(text, "A: 2 1-minute bars from second 60 to second 120, up 200.00 percent. Last 3, highest 9, lowest 1.");
  assert.equal(summary("A", "1d", [], String, String), "A: no daily bars yet.");
});

const revised = (time: number, close: number | null, revision: number, incomplete = false): Bar =>
  barFrom(["A", time * 1e9, close, close, close, close, close === null ? 0 : 100, null, 3, true, revision, incomplete]);

test("a revised bar replaces the earlier one in place, and a stale answer does not", () => {
  const series = new BarSeries();
  series.merge([60, 120, 180, 240].map((time, at) => bar(time, at + 1)));
  const { rewrites } = series;
  series.merge([revised(120, 7, 1)]);
  assert.ok(series.rewrites > rewrites);
  assert.deepEqual(closes(series), [1, 7, 3, 4]);
  series.merge([revised(120, 2, 0)]);
  series.merge([60, 120, 180, 240].map((time) => revised(time, 5, 0)));
  assert.deepEqual(closes(series), [5, 7, 5, 5]);
  series.merge([revised(120, 9, 2)]);
  assert.deepEqual(closes(series), [5, 9, 5, 5]);
});

test("a bar whose trades were all cancelled disappears, until it has trades again", () => {
  const series = new BarSeries();
  series.merge([bar(60, 1), bar(120, 2), bar(180, 3)]);
  const { rewrites } = series;
  series.merge([revised(180, null, 1)]);
  assert.ok(series.rewrites > rewrites);
  assert.deepEqual(closes(series), [1, 2]);
  assert.equal(series.last?.time, 120);
  series.merge([bar(180, 3)]);
  assert.deepEqual(closes(series), [1, 2], "an older answer does not bring it back");
  series.merge([revised(180, 4, 2)]);
  assert.deepEqual(closes(series), [1, 2, 4]);
});

test("an answer states revised and incomplete bars and splits", () => {
  const start = 1_704_205_800e9;
  const rows = [0, 60, 120].map((after) => wire("A", start / 1e9 + after, 5, true).slice(1));
  const { bars, splits } = historyFrom({ bars: rows, incomplete: [start + 60e9], revised: { "1704205800000000000": 3 }, splits: [[start, 4], [start + 60e9, 0.1]] });
  assert.deepEqual(bars.map(({ revision }) => revision), [3, 0, 0]);
  assert.deepEqual(bars.map(({ incomplete }) => incomplete), [false, true, false]);
  assert.deepEqual(splits, [{ time: start / 1e9, ratio: 4 }, { time: start / 1e9 + 60, ratio: 0.1 }]);
});

test("a split's ratio is written as two numbers", () => {
  assert.deepEqual([4, 0.1, 1.5, 1 / 3, 0.2, 20, 1.05, Math.PI].map(ratioText), ["4:1", "1:10", "3:2", "1:3", "1:5", "20:1", "21:20", "3.1416:1"]);
});

test("a split is marked at the first bar that it applies to", () => {
  const bars = [bar(60, 1), bar(120, 2), bar(600, 3)];
  const at = (time: number): number[] => splitBars(bars, [{ time, ratio: 2 }], 60).map((mark) => mark.time);
  assert.deepEqual([10, 60, 150, 200, 599, 600, 9999].map(at), [[], [60], [120], [600], [600], [600], [600]]);
});

test("the bars of a series keep their splits once", () => {
  const series = new BarSeries();
  series.addSplits([{ time: 60, ratio: 4 }]);
  const { rewrites } = series;
  series.addSplits([{ time: 60, ratio: 4 }]);
  assert.equal(series.rewrites, rewrites);
  series.addSplits([{ time: 10, ratio: 2 }]);
  assert.deepEqual(series.splits.map(({ time }) => time), [10, 60]);
  series.clear();
  assert.deepEqual(series.splits, []);
});
