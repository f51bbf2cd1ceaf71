import assert from "node:assert/strict";
import { test } from "node:test";
import { asMessage } from "../../src/protocol/messages.ts";

test("messages of unknown types are ignored", () => {
  assert.equal(asMessage({ type: "news" }), null);
  assert.equal(asMessage([]), null);
  assert.equal(asMessage(5), null);
  assert.deepEqual(asMessage({ type: "pong", data: 1 }), { type: "pong", data: 1 });
});
