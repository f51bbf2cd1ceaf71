import assert from "node:assert/strict";
import { test } from "node:test";

import { splitMentions } from "../../src/rooms/mentions.ts";

const symbols = (text: string): string[] => splitMentions(text).flatMap(({ symbol }) => symbol ?? []);

test("a dollar sign before a name is a mention", () => {
  assert.deepEqual(symbols("$AAPL looks heavy, $msft. And ($BRK.B)? $BTC-USD! $EUR/USD"), ["AAPL", "msft", "BRK.B", "BTC-USD", "EUR/USD"]);
  assert.deepEqual(symbols("$ÖBB $A"), ["ÖBB", "A"]);
});

test("amounts and parts of words are not mentions", () => {
  for (const text of ["$5", "$10k", "US$AAPL", "$$AAPL", "a$b", "$", "$ AAPL", `$${"A".repeat(65)}`]) assert.deepEqual(symbols(text), [], text);
});

test("the pieces concatenate to the text", () => {
  for (const text of ["", "$AAPL", "a $AAPL\n$MSFT", "<img src=x onerror=alert(1)> $A<b>", "😀$😀 $X"]) {
    assert.equal(splitMentions(text).map((piece) => piece.text).join(""), text);
  }
});
