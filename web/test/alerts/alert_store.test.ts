import assert from "node:assert/strict";
import { test } from "node:test";

import { AlertStore } from "../../src/alerts/alert_store.ts";
import type { Id } from "../../src/protocol/common.ts";
import type { AlertRow, DeskOp, Fired } from "../../src/protocol/desk_messages.ts";
import { MemoryStore } from "../support/memory_store.ts";

const row = (id: Id, state: AlertRow["state"] = "waiting"): AlertRow => ({ id, symbol: "A", when: "last >= 10", once: true, hysteresis: 0.01, state });

class Page {
  readonly sent: DeskOp[] = [];
  readonly fired: [number, boolean][] = [];
  readonly alerts: AlertStore;

  constructor(readonly store = new MemoryStore()) {
    this.alerts = new AlertStore((ops) => this.sent.push(...ops), store);
    this.alerts.onFired = ({ seq }, isLate) => this.fired.push([seq, isLate]);
  }

  connect(): this {
    this.alerts.connected("me", null);
    return this;
  }

  list(seq: number, alerts: AlertRow[] = [], id: Id | null = "alerts"): void {
    assert.ok(this.alerts.handle({ type: "alerts", alerts, seq, ...(id === null ? {} : { id }) }));
  }

  fire(seq: number, more: Partial<Fired> = {}): void {
    assert.ok(this.alerts.handle({ type: "alert", id: 1, symbol: "A", when: "last >= 10", value: 10, ts: 5e6, seq, ...more }));
  }
}

/** A page that has shown the firings up to number 3. */
function settled(): Page {
  const page = new Page().connect();
  page.list(2);
  page.fire(3);
  return page;
}

test("a firing on this connection is immediate, and one before it is late", () => {
  const page = settled();
  assert.deepEqual(page.fired, [[3, false]]);
  const again = new Page(page.store).connect();
  assert.deepEqual(again.sent, [{ op: "alerts", id: "alerts", owner: "me", since: 3 }]);
  again.list(5);
  again.fire(4);
  again.fire(5);
  again.fire(6);
  assert.deepEqual(again.fired, [[4, true], [5, true], [6, false]]);
});

test("a firing is reported once, however often the server sends it", () => {
  const page = settled();
  page.fire(3);
  page.alerts.disconnected();
  page.connect();
  page.list(3);
  page.fire(2);
  page.fire(3);
  assert.deepEqual(page.fired, [[3, false]]);
});

test("a firing that arrives before the list is reported after it", () => {
  const page = settled();
  const again = new Page(page.store).connect();
  again.fire(4);
  assert.deepEqual(again.fired, []);
  again.list(4);
  again.fire(4);
  assert.deepEqual(again.fired, [[4, true]]);
});

test("a first visit asks for no past firings, and reports those that the server still keeps", () => {
  const page = new Page().connect();
  assert.deepEqual(page.sent, [{ op: "alerts", id: "alerts", owner: "me" }]);
  page.list(7);
  page.fire(6);
  page.fire(7);
  assert.deepEqual(page.fired, [[6, true], [7, true]]);
  assert.equal((page.store.load("alerts.of.me") as { seq: number }).seq, 7);
});

test("after the server lost its state, all of its firings are requested", () => {
  const page = settled();
  const again = new Page(page.store).connect();
  again.list(1);
  assert.deepEqual(again.sent.at(-1), { op: "alerts", id: "alerts", owner: "me", since: 0 });
  again.list(1);
  again.fire(1);
  again.fire(2);
  assert.deepEqual(again.fired, [[1, true], [2, false]]);
});

test("owners have separate alerts and numbers", () => {
  const page = settled();
  page.list(3, [row(1)], null);
  page.alerts.disconnected();
  page.alerts.connected(null, "desk");
  assert.deepEqual(page.sent.at(-1), { op: "alerts", id: "alerts" });
  assert.deepEqual(page.alerts.rows.value, []);
});

test("alerts are set, rearmed and removed by id", () => {
  const page = settled();
  page.sent.length = 0;
  page.alerts.set("x", "A", "last >= 10", false, 0.5);
  page.alerts.rearm(row(7, "fired"));
  page.alerts.remove(row(7));
  assert.deepEqual(page.sent, [
    { op: "alert", id: "x", symbol: "A", when: "last >= 10", once: false, hysteresis: 0.5, owner: "me" },
    { op: "alert", id: 7, symbol: "A", when: "last >= 10", once: true, hysteresis: 0.01, owner: "me" },
    { op: "unalert", id: 7, owner: "me" },
  ]);
});

test("the last firing survives a reload, and is dropped with its alert", () => {
  const page = settled();
  page.list(3, [row(1, "fired"), row("1")], null);
  page.fire(4, { value: 10.5 });
  const again = new Page(page.store).connect();
  again.list(4, [row(1, "fired"), row("1")]);
  assert.deepEqual(again.alerts.firing(1), { value: 10.5, ms: 5 });
  assert.equal(again.alerts.firing("1"), undefined, "7 and \"7\" are two names");
  again.list(4, [row("1")], null);
  again.fire(5, { id: "1" });
  assert.equal(again.alerts.firing(1), undefined);
});

test("a one-time alert is marked as fired at once, and a refresh shows the rest", () => {
  const page = settled();
  page.list(3, [row(1), { ...row(2), once: false }], null);
  page.fire(4);
  page.fire(5, { id: 2 });
  assert.deepEqual(page.alerts.rows.value.map(({ state }) => state), ["fired", "waiting"]);
  page.alerts.refresh();
  assert.deepEqual(page.sent.at(-1), { op: "alerts", id: "alerts", owner: "me" });
  page.list(5, [row(1, "fired"), { ...row(2), state: "held" }]);
  assert.deepEqual(page.alerts.rows.value.map(({ state }) => state), ["fired", "held"]);
});

test("lost alerts are distinguished from removed ones", () => {
  const page = settled();
  const lost: Id[][] = [];
  page.list(3, [row(1), row(2, "fired")], null);
  const again = (seq: number, rows: AlertRow[]): void => {
    const next = new Page(page.store).connect();
    next.alerts.onForgotten = (rows) => lost.push(rows.map(({ id }) => id));
    next.list(seq, rows);
    next.list(seq, rows);
  };
  again(3, [row(1), row(2, "fired")]);
  assert.deepEqual(lost, []);
  again(0, []);
  assert.deepEqual(lost, [[1]]);
  again(0, []);
  assert.deepEqual(lost, [[1]], "that is told once");
});

test("other windows are notified of changes, and not of requests", () => {
  const page = settled();
  page.alerts.refresh();
  page.list(3, [row(7)]);
  assert.equal(page.store.load("alerts.changed"), null);
  page.alerts.remove(row(7));
  page.list(3, [], 7);
  assert.notEqual(page.store.load("alerts.changed"), null);
});

test("a server without alerts is distinguished from a refused request", () => {
  const page = new Page().connect();
  assert.ok(page.alerts.handle({ type: "error", id: "alerts", code: "unknown-op", message: "no" }));
  assert.equal(page.alerts.availability.value, "no");
  assert.equal(page.alerts.error.value, "");
  page.alerts.disconnected();
  page.connect();
  assert.ok(page.alerts.handle({ type: "error", id: "alerts", code: "not-entitled", message: "not for you" }));
  assert.deepEqual([page.alerts.availability.value, page.alerts.error.value], ["no", "not for you"]);
});

test("only errors that answer a request are handled", () => {
  const page = settled();
  assert.equal(page.alerts.handle({ type: "error", id: "x", code: "bad-condition", message: "when: no" }), false);
  page.alerts.set("x", "A", "last >= 10", true);
  assert.ok(page.alerts.handle({ type: "error", id: "x", code: "too-many-alerts", message: "full" }));
  assert.equal(page.alerts.error.value, "full");
  page.alerts.set("y", "A", "last >= 10", true);
  page.list(3, [row("y")], "y");
  assert.equal(page.alerts.error.value, "");
});

test("alerts that the browser watched are migrated, and dropped once the server has answered", () => {
  const old = (id: number): object => ({ id, symbol: "A", price: 10, side: "above", reachedMs: null });
  const store = new MemoryStore();
  store.save("alerts", [old(1), old(2)]);
  const page = new Page(store).connect();
  page.list(0);
  const handed = page.sent.filter(({ op }) => op === "alert");
  assert.deepEqual(handed.map(({ id }) => id), ["old-1", "old-2"]);
  page.list(0, [row("old-1")], "old-1");
  assert.deepEqual(store.load("alerts"), [old(2)]);
  // The connection breaks before the second answer: the alert is migrated again.
  page.alerts.disconnected();
  page.connect();
  page.list(0, [row("old-1")]);
  assert.equal(page.sent.at(-1)!.id, "old-2");
  assert.ok(page.alerts.handle({ type: "error", id: "old-2", code: "too-many-alerts", message: "full" }));
  assert.deepEqual(store.load("alerts"), []);
});
