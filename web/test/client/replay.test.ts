import assert from "node:assert/strict";
import { test } from "node:test";
import { positionMs, statusFrom } from "../../src/client/replay.ts";

const replay = { state: "playing", position: 5e9, first: 0, last: 9e9, speed: 10, loop: false } as const;

test("a playing replay is at the newest tick, a paused one at its own position", () => {
  assert.equal(positionMs(replay, 6e9), 6000);
  assert.equal(positionMs(replay, 99e9), 9000);
  assert.equal(positionMs({ ...replay, state: "paused" }, 6e9), 5000);
  assert.equal(statusFrom({ state: "flying" }), null);
  assert.equal(statusFrom(null), null);
  assert.deepEqual(statusFrom(replay), replay);
});
