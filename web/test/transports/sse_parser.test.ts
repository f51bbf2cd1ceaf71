import assert from "node:assert/strict";
import { test } from "node:test";

import { SseParser } from "../../src/transports/sse_parser.ts";

const STREAM = [
  "retry: 1000\nevent: session\ndata: /v1/events/abc\n\n",
  'data: {"type":"welcome"}\n\n',
  'id: one-5\ndata: {"type":"update"}\n\n',
  ': {"type":"heartbeat"}\n\n',
  ": nothing of interest\n\n",
  'event: close\ndata: {"code":1012}\n\n',
].join("");
const EVENTS = [
  { kind: "session", data: "/v1/events/abc" },
  { kind: "message", data: '{"type":"welcome"}' },
  { kind: "message", data: '{"type":"update"}' },
  { kind: "message", data: '{"type":"heartbeat"}' },
  { kind: "close", data: '{"code":1012}' },
];

test("chunk boundaries do not change the events", () => {
  for (const size of [1, 2, 3, 7, 50, STREAM.length]) {
    const parser = new SseParser();
    const found = [];
    for (let at = 0; at < STREAM.length; at += size) found.push(...parser.read(STREAM.slice(at, at + size)));
    assert.deepEqual(found, EVENTS);
  }
});

test("an incomplete event is buffered", () => {
  const parser = new SseParser();
  assert.deepEqual(parser.read("data: {"), []);
  assert.deepEqual(parser.read("}\n"), []);
  assert.deepEqual(parser.read("\n"), [{ kind: "message", data: "{}" }]);
});
