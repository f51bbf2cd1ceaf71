import assert from "node:assert/strict";
import { test } from "node:test";

import { splitMentions } from "../../src/rooms/mentions.ts";

const symbols = (text: string, ...listed: string[]): string[] => splitMentions(text, (name) => listed.includes(name)).flatMap(({ symbol }) => symbol ?? []);

test("a dollar sign before a name is a mention", () => {
  assert.deepEqual(symbols("$AAPL looks heavy, $msft. And ($BRK.B)? $BTC-USD! $EUR/USD"), ["AAPL", "msft", "BRK.B", "BTC-USD", "EUR/USD"]);
  assert.deepEqual(symbols("$ÖBB $A"), ["ÖBB", "A"]);
});

test("a symbol may begin with a digit or a sign", () => {
  for (const name of ["0700.HK", "^GSPC", "1INCH-USD", "BRK.B", "ES=F", "EURUSD=X", "7203.T", "3IINFOTECH.NS", "000001.SZ", ".DJI", "2330.TW", "BTC_USDT", "M&M", "C:EURUSD", "A-B-C"]) {
    assert.deepEqual(symbols(`see $${name}.`), [name]);
    assert.deepEqual(symbols(`($${name}), $${name}?`), [name, name]);
  }
});

test("a listed name is a mention, even if it is a number or has spaces", () => {
  assert.deepEqual(symbols("$7203 and $7204, not $5", "7203", "7204"), ["7203", "7204"]);
  assert.deepEqual(symbols("$NIFTY 50 is up, $ES1! too", "NIFTY 50", "ES1!"), ["NIFTY 50", "ES1!"]);
  assert.deepEqual(symbols("$NIFTY 500 is up", "NIFTY 50"), ["NIFTY"]);
  assert.deepEqual(symbols("$NIFTY 50", "NIFTY", "NIFTY 50"), ["NIFTY 50"]);
});

test("a part of what looks like a symbol is another symbol", () => {
  assert.deepEqual(symbols("$BRK.B", "BRK"), ["BRK.B"]);
  assert.deepEqual(symbols("$AAPLX $AAPL's $AAPL/$MSFT", "AAPL", "MSFT"), ["AAPLX", "AAPL", "AAPL", "MSFT"]);
});

test("amounts and parts of words are not mentions", () => {
  for (const text of ["$5", "$1.50", "$100k", "$10K.", "$1,000,000", "$1.5M", "$2bn!", "$5-10", "$5-10k", "$3/share", "$1.50/lb", "$1e6", "$20ish", "$12,5", "$5-a", "$10k", "US$AAPL", "$$AAPL", "a$b", "$", "$ AAPL", `$${"A".repeat(65)}`]) assert.deepEqual(symbols(text), [], text);
});

test("the pieces concatenate to the text", () => {
  for (const text of ["", "$AAPL", "a $AAPL\n$MSFT", "<img src=x onerror=alert(1)> $A<b>", "😀$😀 $X"]) {
    assert.equal(splitMentions(text).map((piece) => piece.text).join(""), text);
  }
});
