import assert from "node:assert/strict";
import { test } from "node:test";
import { Latency } from "../../src/client/latency.ts";

test("latency does not depend on the server's clock", () => {
  for (const offset of [0, 3_600_000, -90_000]) {
    const latency = new Latency();
    latency.pinged(8, 1000);
    for (let i = 0; i < 100; i++) latency.heard((2000 + i + offset) * 1e6, 2000 + i + 4);
    assert.ok(Math.abs(latency.ms! - 4) < 0.01, `${latency.ms}`);
    for (let i = 0; i < 100; i++) latency.heard((3000 + i + offset) * 1e6, 3000 + i + 24);
    assert.ok(Math.abs(latency.ms! - 24) < 0.1, "messages that arrive 20 ms later are 20 ms older");
  }
});

test("there is no latency before the first ping", () => {
  const latency = new Latency();
  latency.heard(1e15, 5);
  assert.equal(latency.ms, null);
});
