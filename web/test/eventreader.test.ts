import assert from "node:assert/strict";
import { test } from "node:test";

import { EventReader } from "../src/pipes/eventreader.ts";

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

test("events are the same however their text is cut", () => {
  for (const size of [1, 2, 3, 7, 50, STREAM.length]) {
    const reader = new EventReader();
    const found = [];
    for (let at = 0; at < STREAM.length; at += size) found.push(...reader.read(STREAM.slice(at, at + size)));
    assert.deepEqual(found, EVENTS);
  }
});

test("an event that is not whole waits", () => {
  const reader = new EventReader();
  assert.deepEqual(reader.read("data: {"), []);
  assert.deepEqual(reader.read("}\n"), []);
  assert.deepEqual(reader.read("\n"), [{ kind: "message", data: "{}" }]);
});
