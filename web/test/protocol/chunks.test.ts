import assert from "node:assert/strict";
import { test } from "node:test";
import { chunkSymbols } from "../../src/protocol/chunks.ts";

test("each chunk fits into a message", () => {
  const symbols = ["😀".repeat(64), '"'.repeat(64), "A"];
  assert.deepEqual(chunkSymbols([], 1000), []);
  assert.deepEqual(chunkSymbols(symbols, 65_536), [symbols]);
  assert.deepEqual(chunkSymbols(symbols, 800), [[symbols[0]], symbols.slice(1)]);
});
