import { encode } from "@msgpack/msgpack";
import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, MsgpackError } from "../../src/protocol/msgpack.ts";

function packed(value: unknown): ArrayBuffer {
  const bytes = encode(value, { useBigInt64: true });
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

test("messages encoded by another library are decoded", () => {
  const long = "x".repeat(70_000);
  const values = [
    null, true, false, 0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 40, -1, -32, -33, -129, -40_000, -(2 ** 40),
    1.5, -0.1, "", "AAPL", "Zürich 😀", "é".repeat(40), "a".repeat(31), "a".repeat(32), "a".repeat(300), long,
    [], [1, [2, [3]]], Array.from({ length: 20 }, (_, at) => at), Array.from({ length: 70_000 }, () => 1),
    {}, { type: "update", since: 812, data: { AAPL: { last: 189.23, bid: null } } },
    Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`k${at}`, at])),
    Object.fromEntries(Array.from({ length: 70_000 }, (_, at) => [`k${at}`, at])),
  ];
  for (const value of values) assert.deepEqual(decode(packed(value)), value);
});

test("integers above 2^53 become the nearest float, as in JSON", () => {
  assert.equal(decode(packed(1_704_205_799_998_000_123n)), JSON.parse("1704205799998000123"));
  assert.equal(decode(packed(-1_704_205_799_998_000_123n)), JSON.parse("-1704205799998000123"));
});

test("__proto__ is a valid key", () => {
  // fixmap of one: "__proto__" -> {"last": 1}
  const bytes = new Uint8Array([0x81, 0xa9, ...Buffer.from("__proto__"), 0x81, 0xa4, ...Buffer.from("last"), 1]);
  const found = decode(bytes.buffer) as Record<string, unknown>;
  assert.deepEqual(Object.keys(found), ["__proto__"]);
  assert.equal((found as { last?: number }).last, undefined);
});

test("truncated, overlong and unknown input is an error", () => {
  const whole = new Uint8Array(packed({ a: [1, "text", 2.5] }));
  for (let length = 0; length < whole.length; length++) assert.throws(() => decode(whole.slice(0, length).buffer), MsgpackError);
  assert.throws(() => decode(new Uint8Array([1, 2]).buffer), MsgpackError);
  assert.throws(() => decode(new Uint8Array([0xc1]).buffer), MsgpackError);
});
