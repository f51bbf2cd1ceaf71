import assert from "node:assert/strict";
import { test } from "node:test";
import { alertsFrom, newAlert, reached } from "../src/alerts.ts";
import { asMessage, portions } from "../src/protocol.ts";
import { positionMs, statusFrom } from "../src/replay.ts";
import { DEFAULTS, settingsFrom } from "../src/settings.ts";
import { stateOf, type Facts } from "../src/state.ts";

test("an alert waits for the side on which the price is not", () => {
  assert.equal(newAlert(1, "A", 10, 9).side, "above");
  assert.equal(newAlert(1, "A", 10, 11).side, "below");
  assert.equal(newAlert(1, "A", 10, null).side, "above");
});

test("an alert is reached once, at its price or beyond it", () => {
  const alerts = [newAlert(1, "A", 10, 9), newAlert(2, "A", 8, 9), newAlert(3, "B", 1, 0.5), { ...newAlert(4, "A", 10, 9), reachedMs: 5 }];
  const hit = (price: number): number[] => reached(alerts, (symbol) => (symbol === "A" ? price : null)).map(({ id }) => id);
  assert.deepEqual([9, 10, 12, 8, 7].map(hit), [[], [1], [1], [2], [2]]);
});

test("stored alerts and settings come back, and spoilt ones are left out", () => {
  const alert = newAlert(1, "A", 10, 9);
  assert.deepEqual(alertsFrom([alert, { ...alert, price: "x" }, null]), [alert]);
  assert.deepEqual(alertsFrom("no"), []);
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
