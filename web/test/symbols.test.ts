import assert from "node:assert/strict";
import { test } from "node:test";
import { hashOf, isSymbol, Names, parseSymbols, symbolsOfHash } from "../src/symbols.ts";

const EVIL = "<img src=x onerror=alert(1)>";
const names = new Names(["AAPL", "MSFT", "AA", "BAA", "BRK.B", "Bond X", EVIL]);

test("several symbols are taken out of what was pasted", () => {
  assert.deepEqual(parseSymbols(' aapl, MSFT\n"brk.b";$AA\taapl', names), ["AAPL", "MSFT", "BRK.B", "AA"]);
});

test("a known name may have blanks, and look like HTML", () => {
  assert.deepEqual(parseSymbols("bond x", names), ["Bond X"]);
  assert.deepEqual(parseSymbols(`${EVIL}, Bond X`, names), [EVIL, "Bond X"]);
});

test("what isn't known is taken as it may be meant", () => {
  assert.deepEqual(parseSymbols("abc def", names), ["ABC", "DEF"]);
  assert.deepEqual(parseSymbols("  ,; ", names), []);
});

test("suggestions begin with what was typed, the shortest first, and then contain it", () => {
  assert.deepEqual(names.suggest("aa", 9, new Set()), ["AA", "AAPL", "BAA"]);
  assert.deepEqual(names.suggest("aa", 9, new Set(["AA"])), ["AAPL", "BAA"]);
  assert.deepEqual(names.suggest("aa", 1, new Set()), ["AA"]);
  assert.deepEqual(names.suggest(" ", 9, new Set()), []);
});

test("an address gives back the symbols that it was made of", () => {
  for (const symbols of [["AAPL", "MSFT"], [EVIL, "a,b", "50%", "#", "&"]]) assert.deepEqual(symbolsOfHash(hashOf(symbols)), symbols);
  assert.equal(hashOf(["AAPL", "MSFT"]), "#AAPL,MSFT");
});

test("an address that is spoilt gives what can be read", () => {
  assert.deepEqual(symbolsOfHash("#AAPL,,%E0%A4%A,MSFT,AAPL,*"), ["AAPL", "MSFT"]);
  assert.deepEqual(symbolsOfHash(""), []);
});

test("a list that is too long for an address isn't in it", () => {
  assert.equal(hashOf(Array.from({ length: 900 }, (_, at) => `S${at}`)), "");
  assert.equal(hashOf([]), "");
});

test("a symbol has 1 to 64 characters", () => {
  assert.ok(isSymbol("😀".repeat(64)));
  assert.ok(!isSymbol("A".repeat(65)));
  assert.ok(!isSymbol(""));
  assert.ok(!isSymbol("*"));
});

test("of names that differ in their letters' size alone, the one that was typed is meant", () => {
  assert.deepEqual(parseSymbols("abc", new Names(["ABC", "abc"])), ["abc"]);
  assert.deepEqual(parseSymbols("Abc", new Names(["ABC", "abc"])), ["ABC"]);
});
