import assert from "node:assert/strict";
import { test } from "node:test";

import { pieces } from "../src/mentions.ts";

const symbols = (text: string): string[] => pieces(text).flatMap(({ symbol }) => symbol ?? []);

test("a symbol is what follows a dollar and looks like one", () => {
  assert.deepEqual(symbols("$AAPL looks heavy, $msft. And ($BRK.B)? $BTC-USD! $EUR/USD"), ["AAPL", "msft", "BRK.B", "BTC-USD", "EUR/USD"]);
  assert.deepEqual(symbols("$ÖBB $A"), ["ÖBB", "A"]);
});

test("money is no symbol, nor is what stands within a word", () => {
  for (const text of ["$5", "$10k", "US$AAPL", "$$AAPL", "a$b", "$", "$ AAPL", `$${"A".repeat(65)}`]) assert.deepEqual(symbols(text), [], text);
});

test("the pieces joined are the text, whatever it is", () => {
  for (const text of ["", "$AAPL", "a $AAPL\n$MSFT", "<img src=x onerror=alert(1)> $A<b>", "😀$😀 $X"]) {
    assert.equal(pieces(text).map((piece) => piece.text).join(""), text);
  }
});
