import assert from "node:assert/strict";
import { test } from "node:test";

import { conditionOf, inShort, oldAlerts, sentence, towards, typedLevel, whenOf } from "../src/alerts.ts";

test("a price is read as people type it", () => {
  assert.equal(typedLevel("187.5"), 187.5);
  assert.equal(typedLevel(" 187,5 "), 187.5);
  assert.equal(typedLevel("1,087.50"), 1087.5);
  assert.equal(typedLevel("700,000"), 700_000);
  assert.equal(typedLevel("1,234,567"), 1_234_567);
  for (const nonsense of ["", "abc", "0", "-1", "1,2,3", "Infinity", "2%"]) assert.equal(typedLevel(nonsense), null, nonsense);
});

test("a change may be below 0, and have its sign and its unit", () => {
  assert.equal(typedLevel("-2.5", "change_pct"), -2.5);
  assert.equal(typedLevel("−2.5 %", "change_pct"), -2.5);
  assert.equal(typedLevel("0", "change_pct"), 0);
  for (const nonsense of ["", "%", "x%", "1%%"]) assert.equal(typedLevel(nonsense, "change_pct"), null, nonsense);
});

test("a number is waited for from the side on which the value is now", () => {
  assert.equal(whenOf(towards("last", 10, 9)), "last >= 10");
  assert.equal(whenOf(towards("last", 10, 11)), "last <= 10");
  assert.equal(whenOf(towards("volume", 1e6, null)), "volume >= 1000000");
  assert.equal(whenOf(towards("change_pct", -2, null)), "change_pct <= -2");
});

test("a condition is read back as it was written, and what is none is told as it is", () => {
  for (const when of ["last >= 190", "ask < 0.5", "change_pct <= -2", "volume > 1e+21", "bid crosses 12.25"]) assert.equal(whenOf(conditionOf(when)!), when);
  for (const when of ["", "last", "last >= x", "last >= ", "spread > 1", "last ~ 1", "last > 1 2"]) assert.equal(conditionOf(when), null, when);
  assert.equal(inShort("last ~ 1"), "last ~ 1");
});

test("conditions have words", () => {
  assert.equal(inShort("last >= 190"), "≥ 190.00");
  assert.equal(inShort("volume > 1200000"), "volume > 1.20M");
  assert.equal(inShort("change_pct <= -2"), "change ≤ −2.00%");
  assert.equal(sentence("AAPL", "last >= 190", 190.02), "AAPL is at or above 190.00: 190.02");
  assert.equal(sentence("AAPL", "bid crosses 190", 190.02), "AAPL’s bid crossed 190.00: 190.02");
  assert.equal(sentence("AAPL", "change_pct < -2", -2.01, "was"), "AAPL’s change was below −2.00%: −2.01%");
});

test("of what this browser watched itself, what still waits is taken, and what is spoilt passed over", () => {
  const good = { id: 1, symbol: "A", price: 2.5, side: "above", reachedMs: null };
  const stored = [null, 5, good, { ...good, id: 2, side: "below" }, { ...good, price: null }, { ...good, reachedMs: 5 }, { ...good, side: "x" }];
  assert.deepEqual(oldAlerts(stored), [
    { id: "old-1", symbol: "A", when: "last >= 2.5" },
    { id: "old-2", symbol: "A", when: "last <= 2.5" },
  ]);
  assert.deepEqual(oldAlerts("no"), []);
});
