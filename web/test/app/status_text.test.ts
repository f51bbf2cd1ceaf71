import assert from "node:assert/strict";
import { test } from "node:test";
import { type Facts, stateOf } from "../../src/app/status_text.ts";

const facts: Facts = { connectionState: { kind: "open" }, wasOpen: true, paused: false, feed: "live", replay: null, nowMs: 0 };

const replay = { state: "playing", position: 5e9, first: 0, last: 9e9, speed: 10, loop: false } as const;

test("each state has a word", () => {
  const word = (change: Partial<Facts>): string => stateOf({ ...facts, ...change }).word;
  assert.equal(word({}), "Live");
  assert.equal(word({ feed: "stale" }), "Stale");
  assert.equal(word({ feed: null }), "Live");
  assert.equal(word({ connectionState: { kind: "connecting" }, wasOpen: false }), "Connecting");
  assert.equal(word({ connectionState: { kind: "waiting", untilMs: 2500 } }), "Reconnecting in 3 s");
  assert.equal(word({ replay }), "Replay 10×");
  assert.equal(word({ replay: { ...replay, speed: 0 } }), "Replay max");
  assert.equal(word({ replay: { ...replay, state: "paused" } }), "Replay paused");
  assert.equal(word({ replay: { ...replay, state: "ended" } }), "Ended");
});

test("a lost connection takes precedence over a pause, and a pause over the feed", () => {
  assert.equal(stateOf({ ...facts, paused: true, connectionState: { kind: "waiting", untilMs: 1 } }).name, "reconnecting");
  assert.equal(stateOf({ ...facts, paused: true, feed: "stale" }).name, "paused");
});
