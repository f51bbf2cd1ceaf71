import assert from "node:assert/strict";
import { test } from "node:test";

import { alertsFrom, typedPrice } from "../src/alerts.ts";

test("a price is read as people type it", () => {
  assert.equal(typedPrice("187.5"), 187.5);
  assert.equal(typedPrice(" 187,5 "), 187.5);
  assert.equal(typedPrice("1,087.50"), 1087.5);
  assert.equal(typedPrice("700,000"), 700_000);
  assert.equal(typedPrice("1,234,567"), 1_234_567);
  for (const nonsense of ["", "abc", "0", "-1", "1,2,3", "Infinity"]) assert.equal(typedPrice(nonsense), null, nonsense);
});

test("what was stored and is no alert is passed over", () => {
  const good = { id: 1, symbol: "A", price: 2, side: "above", reachedMs: null };
  assert.deepEqual(alertsFrom([null, 5, good, { ...good, price: null }]), [good]);
});
