import assert from "node:assert/strict";
import { test } from "node:test";
import { delayMs } from "../../src/client/backoff.ts";

test("the delay grows to a maximum, with jitter", () => {
  assert.deepEqual([0, 1, 2, 3, 40].map((attempt) => delayMs(attempt, 0)), [150, 300, 600, 1200, 5000]);
  assert.ok(delayMs(1, 0.999) < 600);
});
