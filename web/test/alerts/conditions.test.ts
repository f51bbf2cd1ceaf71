import assert from "node:assert/strict";
import { test } from "node:test";

import { conditionOf, conditionText, conditionTowards, firedText, legacyAlerts, parseLevel, whenOf } from "../../src/alerts/conditions.ts";

test("a price is parsed as users type it", () => {
  assert.equal(parseLevel("187.5"), 187.5);
  assert.equal(parseLevel(" 187,5 "), 187.5);
  assert.equal(parseLevel("1,087.50"), 1087.5);
  assert.equal(parseLevel("700,000"), 700_000);
  assert.equal(parseLevel("1,234,567"), 1_234_567);
  for (const nonsense of ["", "abc", "0", "-1", "1,2,3", "Infinity", "2%"]) assert.equal(parseLevel(nonsense), null, nonsense);
});

test("a price may be negative if the symbol's prices may be", () => {
  assert.deepEqual([parseLevel("-37.63", "last", true), parseLevel("−1,200", "bid", true), parseLevel("0", "last", true)], [-37.63, -1200, 0]);
  assert.equal(parseLevel("-5", "volume", true), null);
});

test("a change may be negative, with sign and unit", () => {
  assert.equal(parseLevel("-2.5", "change_pct"), -2.5);
  assert.equal(parseLevel("−2.5 %", "change_pct"), -2.5);
  assert.equal(parseLevel("0", "change_pct"), 0);
  for (const nonsense of ["", "%", "x%", "1%%"]) assert.equal(parseLevel(nonsense, "change_pct"), null, nonsense);
});

test("a level is reached from the side of the current value", () => {
  assert.equal(whenOf(conditionTowards("last", 10, 9)), "last >= 10");
  assert.equal(whenOf(conditionTowards("last", 10, 11)), "last <= 10");
  assert.equal(whenOf(conditionTowards("volume", 1e6, null)), "volume >= 1000000");
  assert.equal(whenOf(conditionTowards("change_pct", -2, null)), "change_pct <= -2");
});

test("a condition is parsed as it was written, and an unknown one is shown unchanged", () => {
  for (const when of ["last >= 190", "ask < 0.5", "change_pct <= -2", "volume > 1e+21", "bid crosses 12.25"]) assert.equal(whenOf(conditionOf(when)!), when);
  for (const when of ["", "last", "last >= x", "last >= ", "spread > 1", "last ~ 1", "last > 1 2"]) assert.equal(conditionOf(when), null, when);
  assert.equal(conditionText("last ~ 1"), "last ~ 1");
});

test("conditions are put into sentences", () => {
  assert.equal(conditionText("last >= 190"), "≥ 190.00");
  assert.equal(conditionText("volume > 1200000"), "volume > 1.20M");
  assert.equal(conditionText("change_pct <= -2"), "change ≤ −2.00%");
  assert.equal(firedText("AAPL", "last >= 190", 190.02), "AAPL is at or above 190.00: 190.02");
  assert.equal(firedText("AAPL", "bid crosses 190", 190.02), "AAPL’s bid crossed 190.00: 190.02");
  assert.equal(firedText("AAPL", "change_pct < -2", -2.01, "was"), "AAPL’s change was below −2.00%: −2.01%");
});

test("of stored legacy alerts the armed ones are read, and invalid ones are skipped", () => {
  const good = { id: 1, symbol: "A", price: 2.5, side: "above", reachedMs: null };
  const stored = [null, 5, good, { ...good, id: 2, side: "below" }, { ...good, price: null }, { ...good, reachedMs: 5 }, { ...good, side: "x" }];
  assert.deepEqual(legacyAlerts(stored), [
    { id: "old-1", symbol: "A", when: "last >= 2.5" },
    { id: "old-2", symbol: "A", when: "last <= 2.5" },
  ]);
  assert.deepEqual(legacyAlerts("no"), []);
});
