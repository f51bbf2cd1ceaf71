import assert from "node:assert/strict";
import { test } from "node:test";
import { RateMeter } from "../../src/client/rate_meter.ts";

test("the meter has the mean of the last seconds", () => {
  const meter = new RateMeter();
  for (let second = 0; second < 5; second++) meter.add(30, second * 1000);
  assert.equal(meter.perSecond(5000), 30);
  assert.equal(meter.perSecond(6500), 20);
  assert.equal(meter.perSecond(60_000), 0);
});
