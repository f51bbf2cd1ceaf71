import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS, settingsFrom } from "../../src/app/settings.ts";

test("stored settings are restored, and invalid ones are skipped", () => {
  assert.deepEqual(settingsFrom(null), DEFAULTS);
  assert.deepEqual(settingsFrom({ theme: "pink", rate: 3, columns: ["last", "nothing"], sort: { field: "x" }, interval: "5m" }), {
    ...DEFAULTS,
    columns: ["last"],
    interval: "5m",
  });
});
