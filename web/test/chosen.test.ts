import assert from "node:assert/strict";
import { test } from "node:test";
import { asMessage, portions } from "../src/protocol.ts";
import { positionMs, statusFrom } from "../src/replay.ts";
import { DEFAULTS, settingsFrom } from "../src/settings.ts";
import { stateOf, type Facts } from "../src/state.ts";

test("stored settings come back, and spoilt ones are left out", () => {
  assert.deepEqual(settingsFrom(null), DEFAULTS);
  assert.deepEqual(settingsFrom({ theme: "pink", rate: 3, columns: ["last", "nothing"], sort: { field: "x" }, interval: "5m" }), {
    ...DEFAULTS,
    columns: ["last"],
    interval: "5m",
  });
});

const facts: Facts = { link: { kind: "open" }, wasOpen: true, held: false, feed: "live", replay: null, nowMs: 0 };
const replay = { state: "playing", position: 5e9, first: 0, last: 9e9, speed: 10, loop: false } as const;

test("each state has its word", () => {
  const word = (change: Partial<Facts>): string => stateOf({ ...facts, ...change }).word;
  assert.equal(word({}), "Live");
  assert.equal(word({ feed: "stale" }), "Stale");
  assert.equal(word({ feed: null }), "Live");
  assert.equal(word({ link: { kind: "connecting" }, wasOpen: false }), "Connecting");
  assert.equal(word({ link: { kind: "waiting", untilMs: 2500 } }), "Reconnecting in 3 s");
  assert.equal(word({ replay }), "Replay 10×");
  assert.equal(word({ replay: { ...replay, speed: 0 } }), "Replay max");
  assert.equal(word({ replay: { ...replay, state: "paused" } }), "Replay paused");
  assert.equal(word({ replay: { ...replay, state: "ended" } }), "Ended");
});

test("a lost connection is told before anything else, and what is held before the feed", () => {
  assert.equal(stateOf({ ...facts, held: true, link: { kind: "waiting", untilMs: 1 } }).name, "reconnecting");
  assert.equal(stateOf({ ...facts, held: true, feed: "stale" }).name, "paused");
});

test("a replay's position is the newest tick's while it plays, and its own while it doesn't", () => {
  assert.equal(positionMs(replay, 6e9), 6000);
  assert.equal(positionMs(replay, 99e9), 9000);
  assert.equal(positionMs({ ...replay, state: "paused" }, 6e9), 5000);
  assert.equal(statusFrom({ state: "flying" }), null);
  assert.equal(statusFrom(null), null);
  assert.deepEqual(statusFrom(replay), replay);
});

test("messages of unknown types are ignored", () => {
  assert.equal(asMessage({ type: "news" }), null);
  assert.equal(asMessage([]), null);
  assert.equal(asMessage(5), null);
  assert.deepEqual(asMessage({ type: "pong", data: 1 }), { type: "pong", data: 1 });
});

test("portions fit into a message, whatever the symbols are", () => {
  const symbols = ["😀".repeat(64), '"'.repeat(64), "A"];
  assert.deepEqual(portions([], 1000), []);
  assert.deepEqual(portions(symbols, 65_536), [symbols]);
  assert.deepEqual(portions(symbols, 800), [[symbols[0]], symbols.slice(1)]);
});
