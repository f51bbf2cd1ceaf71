import assert from "node:assert/strict";
import { test } from "node:test";
import { hashOf, isSymbol, parseSymbols, SymbolNames, symbolsOfHash } from "../../src/watchlist/symbols.ts";

const EVIL = "<img src=x onerror=alert(1)>";
const names = new SymbolNames(["AAPL", "MSFT", "AA", "BAA", "BRK.B", "Bond X", EVIL]);

test("pasted text is split into symbols", () => {
  assert.deepEqual(parseSymbols(' aapl, MSFT\n"brk.b";$AA\taapl', names), ["AAPL", "MSFT", "BRK.B", "AA"]);
});

test("a known symbol may contain spaces and look like HTML", () => {
  assert.deepEqual(parseSymbols("bond x", names), ["Bond X"]);
  assert.deepEqual(parseSymbols(`${EVIL}, Bond X`, names), [EVIL, "Bond X"]);
});

test("unknown symbols are upper-cased", () => {
  assert.deepEqual(parseSymbols("abc def", names), ["ABC", "DEF"]);
  assert.deepEqual(parseSymbols("  ,; ", names), []);
});

test("suggestions are prefixes first, shortest first, then other matches", () => {
  assert.deepEqual(names.suggest("aa", 9, new Set()), ["AA", "AAPL", "BAA"]);
  assert.deepEqual(names.suggest("aa", 9, new Set(["AA"])), ["AAPL", "BAA"]);
  assert.deepEqual(names.suggest("aa", 1, new Set()), ["AA"]);
  assert.deepEqual(names.suggest(" ", 9, new Set()), []);
});

test("a hash round-trips its symbols", () => {
  for (const symbols of [["AAPL", "MSFT"], [EVIL, "a,b", "50%", "#", "&"]]) assert.deepEqual(symbolsOfHash(hashOf(symbols)), symbols);
  assert.equal(hashOf(["AAPL", "MSFT"]), "#AAPL,MSFT");
});

test("a malformed hash yields its valid symbols", () => {
  assert.deepEqual(symbolsOfHash("#AAPL,,%E0%A4%A,MSFT,AAPL,*"), ["AAPL", "MSFT"]);
  assert.deepEqual(symbolsOfHash(""), []);
});

test("a list that is too long has no hash", () => {
  assert.equal(hashOf(Array.from({ length: 900 }, (_, at) => `S${at}`)), "");
  assert.equal(hashOf([]), "");
});

test("a symbol has 1 to 64 characters", () => {
  assert.ok(isSymbol("😀".repeat(64)));
  assert.ok(!isSymbol("A".repeat(65)));
  assert.ok(!isSymbol(""));
  assert.ok(!isSymbol("*"));
});

test("an exact match wins over one that ignores case", () => {
  assert.deepEqual(parseSymbols("abc", new SymbolNames(["ABC", "abc"])), ["abc"]);
  assert.deepEqual(parseSymbols("Abc", new SymbolNames(["ABC", "abc"])), ["ABC"]);
});
