import assert from "node:assert/strict";
import { test } from "node:test";
import { age, apart, average, difference, digitsOf, percent, percentChange, price, short, signed, size, stamp } from "../../src/core/format.ts";

test("prices have two decimals, and more if they are precise or small", () => {
  assert.deepEqual([187.4, 1234.5, 1.2345, 0.1234, 0.00001234, 100.001].map(price), ["187.40", "1,234.50", "1.2345", "0.1234", "0.00001234", "100.001"]);
  assert.deepEqual([1.08453, 151.2345678, 61234.567, 0.0034].map(price), ["1.08453", "151.2346", "61,234.57", "0.0034"]);
  assert.equal(price(0.1 + 0.2), "0.3000");
  assert.equal(price(Math.fround(378.89)), "378.89", "stored in 32 bits");
  assert.equal(price(null), "–");
  assert.deepEqual([181.566789, 1.0845].map(average), ["181.57", "1.0845"]);
});

test("small prices have significant digits", () => {
  assert.deepEqual([0.00002, 0.00001234, 0.000012345678, 8.12e-6, 1e-8, 1.23456789e-8, 1.5e-10].map(price), [
    "0.00002", "0.00001234", "0.000012346", "0.00000812", "0.00000001", "0.000000012346", "0.00000000015",
  ]);
  assert.deepEqual([1.23456789e-11, -2e-12].map(price), ["1.2346e-11", "\u22122e-12"]);
  assert.equal(price(Math.fround(2e-5)), "0.00002", "stored in 32 bits");
  assert.equal(digitsOf(1.5e-6), 7);
  assert.deepEqual([0.0000123456, 1.5e-7].map(average), ["0.00001235", "0.00000015"]);
  assert.deepEqual([2e-7, -1.5e-9, 1e-12].map(signed), ["+0.0000002", "\u22120.0000000015", "+1e-12"]);
  assert.deepEqual([0.00000001, 0.00123456789].map(size), ["0.00000001", "0.0012346"]);
  assert.deepEqual([0.05, 0.00000012345].map(short), ["0.05", "0.000000123"]);
});

test("negative prices have a minus sign, and a rise is positive", () => {
  assert.deepEqual([-37.63, -0.5, -1234.5, -0.00001, -0].map(price), ["\u221237.63", "\u22120.5000", "\u22121,234.50", "\u22120.00001", "0.00"]);
  assert.deepEqual([percentChange(10.01, -37.63)!.toFixed(2), percentChange(-37.63, 18.27)!.toFixed(2), percentChange(-2, -1), percentChange(1, 0)], ["126.60", "-305.97", -100, null]);
});

test("large prices have no decimals that they do not need", () => {
  assert.deepEqual([45e9, 45_000_000_000.25, 1_234_567.89, 12_345_678, 987_654.3].map(price), ["45,000,000,000", "45,000,000,000.25", "1,234,567.89", "12,345,678", "987,654.30"]);
});

test("a difference has no floating-point noise", () => {
  assert.deepEqual([difference(187.41, 187.4), difference(0.3, 0.1), difference(1.3e-9, 1.2e-9), difference(45_000_000_000.5, 45e9), difference(0, 0)], [0.01, 0.2, 1e-10, 0.5, 0]);
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
  assert.deepEqual([size(999_999_999), size(5e15), short(1.5e12)], ["999,999,999", "5000T", "1.50T"]);
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
