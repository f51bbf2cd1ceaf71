import assert from "node:assert/strict";
import { test } from "node:test";
import { age, apart, average, percent, price, short, signed, size, stamp } from "../../src/core/format.ts";

test("prices have two decimals, and more if they are precise or small", () => {
  assert.deepEqual([187.4, 1234.5, 1.2345, 0.1234, 0.00001234, 100.001].map(price), ["187.40", "1,234.50", "1.2345", "0.1234", "0.00001234", "100.001"]);
  assert.deepEqual([1.08453, 151.2345678, 61234.567, 0.0034].map(price), ["1.08453", "151.2346", "61,234.57", "0.0034"]);
  assert.equal(price(0.1 + 0.2), "0.3000");
  assert.equal(price(null), "–");
  assert.deepEqual([181.566789, 1.0845].map(average), ["181.57", "1.0845"]);
});

test("changes have a sign unless they are zero", () => {
  assert.deepEqual([1.126, -0.42, 0, -0.001].map((value) => percent(value)), ["+1.13%", "\u22120.42%", "0.00%", "0.00%"]);
  assert.equal(signed(null), "–");
  assert.equal(signed(1234.5), "+1,234.50");
  assert.deepEqual([0.00053, -1.13, 1.0534, 612.123456, -0].map(signed), ["+0.00053", "\u22121.13", "+1.0534", "+612.12", "0.00"]);
  assert.deepEqual([0.01, 0.0005, null].map(apart), ["0.01", "0.0005", "–"]);
});

test("large numbers are abbreviated", () => {
  assert.deepEqual([0, 950, 1234, 12_345, 310_000, 999_999, 1_240_000, 3_100_000_000].map(short), ["0", "950", "1.23k", "12.3k", "310k", "1.00M", "1.24M", "3.10B"]);
  assert.equal(size(1500), "1,500");
  assert.equal(size(0.25), "0.25");
});

test("ages use the largest unit", () => {
  assert.deepEqual([-5, 400, 12_900, 180_000, 7_300_000, 400_000_000].map(age), ["now", "now", "12s", "3m", "2h", "4d"]);
});

test("times are formatted in the chosen zone", () => {
  const opening = 1_704_205_800_000; // 2024-01-02 14:30 UTC
  assert.equal(stamp(opening, "clock", "UTC"), "14:30:00");
  assert.equal(stamp(opening, "clock", "America/New_York"), "09:30:00");
  assert.equal(stamp(opening, "day", "UTC"), "2 Jan");
});
