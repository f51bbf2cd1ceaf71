import assert from "node:assert/strict";
import { test } from "node:test";

import { AlertBook } from "../src/alertbook.ts";
import type { AlertRow, DeskOp, Fired, Id } from "../src/deskwords.ts";
import { Kept } from "./memory.ts";

const row = (id: Id, state: AlertRow["state"] = "waiting"): AlertRow => ({ id, symbol: "A", when: "last >= 10", once: true, hysteresis: 0.01, state });

class Page {
  readonly sent: DeskOp[] = [];
  readonly told: [number, boolean][] = [];
  readonly book: AlertBook;

  constructor(readonly kept = new Kept()) {
    this.book = new AlertBook((ops) => this.sent.push(...ops), kept);
    this.book.fired = ({ seq }, isLate) => this.told.push([seq, isLate]);
  }

  begin(): this {
    this.book.begin("me", null);
    return this;
  }

  list(seq: number, alerts: AlertRow[] = [], id: Id | null = "alerts"): void {
    assert.ok(this.book.take({ type: "alerts", alerts, seq, ...(id === null ? {} : { id }) }));
  }

  fire(seq: number, more: Partial<Fired> = {}): void {
    assert.ok(this.book.take({ type: "alert", id: 1, symbol: "A", when: "last >= 10", value: 10, ts: 5e6, seq, ...more }));
  }
}

/** A page that has seen what fired up to number 3. */
function settled(): Page {
  const page = new Page().begin();
  page.list(2);
  page.fire(3);
  return page;
}

test("what fires on this connection is told at once, and what did before it as late", () => {
  const page = settled();
  assert.deepEqual(page.told, [[3, false]]);
  const again = new Page(page.kept).begin();
  assert.deepEqual(again.sent, [{ op: "alerts", id: "alerts", owner: "me", since: 3 }]);
  again.list(5);
  again.fire(4);
  again.fire(5);
  again.fire(6);
  assert.deepEqual(again.told, [[4, true], [5, true], [6, false]]);
});

test("what was told is told no second time, however often it comes", () => {
  const page = settled();
  page.fire(3);
  page.book.end();
  page.begin();
  page.list(3);
  page.fire(2);
  page.fire(3);
  assert.deepEqual(page.told, [[3, false]]);
});

test("what comes before the list is told after it", () => {
  const page = settled();
  const again = new Page(page.kept).begin();
  again.fire(4);
  assert.deepEqual(again.told, []);
  again.list(4);
  again.fire(4);
  assert.deepEqual(again.told, [[4, true]]);
});

test("who was never here asks for no past, and is told what the server still has for the owner", () => {
  const page = new Page().begin();
  assert.deepEqual(page.sent, [{ op: "alerts", id: "alerts", owner: "me" }]);
  page.list(7);
  page.fire(6);
  page.fire(7);
  assert.deepEqual(page.told, [[6, true], [7, true]]);
  assert.equal((page.kept.load("alerts.of.me") as { seq: number }).seq, 7);
});

test("a server that has forgotten counts anew, and is asked for all that it has", () => {
  const page = settled();
  const again = new Page(page.kept).begin();
  again.list(1);
  assert.deepEqual(again.sent.at(-1), { op: "alerts", id: "alerts", owner: "me", since: 0 });
  again.list(1);
  again.fire(1);
  again.fire(2);
  assert.deepEqual(again.told, [[1, true], [2, false]]);
});

test("each owner's alerts and numbers are its own", () => {
  const page = settled();
  page.list(3, [row(1)], null);
  page.book.end();
  page.book.begin(null, "desk");
  assert.deepEqual(page.sent.at(-1), { op: "alerts", id: "alerts" });
  assert.deepEqual(page.book.rows.value, []);
});

test("alerts are set, watched again and removed by their names", () => {
  const page = settled();
  page.sent.length = 0;
  page.book.set("x", "A", "last >= 10", false, 0.5);
  page.book.again(row(7, "fired"));
  page.book.remove(row(7));
  assert.deepEqual(page.sent, [
    { op: "alert", id: "x", symbol: "A", when: "last >= 10", once: false, hysteresis: 0.5, owner: "me" },
    { op: "alert", id: 7, symbol: "A", when: "last >= 10", once: true, hysteresis: 0.01, owner: "me" },
    { op: "unalert", id: 7, owner: "me" },
  ]);
});

test("when an alert fired last is known after a reload, and forgotten with the alert", () => {
  const page = settled();
  page.list(3, [row(1, "fired"), row("1")], null);
  page.fire(4, { value: 10.5 });
  const again = new Page(page.kept).begin();
  again.list(4, [row(1, "fired"), row("1")]);
  assert.deepEqual(again.book.firing(1), { value: 10.5, ms: 5 });
  assert.equal(again.book.firing("1"), undefined, "7 and \"7\" are two names");
  again.list(4, [row("1")], null);
  again.fire(5, { id: "1" });
  assert.equal(again.book.firing(1), undefined);
});

test("an alert that was to fire once is marked at once, and what else became of alerts is asked for", () => {
  const page = settled();
  page.list(3, [row(1), { ...row(2), once: false }], null);
  page.fire(4);
  page.fire(5, { id: 2 });
  assert.deepEqual(page.book.rows.value.map(({ state }) => state), ["fired", "waiting"]);
  page.book.refresh();
  assert.deepEqual(page.sent.at(-1), { op: "alerts", id: "alerts", owner: "me" });
  page.list(5, [row(1, "fired"), { ...row(2), state: "held" }]);
  assert.deepEqual(page.book.rows.value.map(({ state }) => state), ["fired", "held"]);
});

test("a server that has forgotten all alerts is told from one whose alerts were removed", () => {
  const page = settled();
  const lost: Id[][] = [];
  page.list(3, [row(1), row(2, "fired")], null);
  const again = (seq: number, rows: AlertRow[]): void => {
    const next = new Page(page.kept).begin();
    next.book.forgotten = (rows) => lost.push(rows.map(({ id }) => id));
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

test("other windows learn of what this one has changed, and not of what it has asked", () => {
  const page = settled();
  page.book.refresh();
  page.list(3, [row(7)]);
  assert.equal(page.kept.load("alerts.changed"), null);
  page.book.remove(row(7));
  page.list(3, [], 7);
  assert.notEqual(page.kept.load("alerts.changed"), null);
});

test("a server without alerts is told apart from one that refuses", () => {
  const page = new Page().begin();
  assert.ok(page.book.take({ type: "error", id: "alerts", code: "unknown-op", message: "no" }));
  assert.equal(page.book.offer.value, "no");
  assert.equal(page.book.refusal.value, "");
  page.book.end();
  page.begin();
  assert.ok(page.book.take({ type: "error", id: "alerts", code: "not-entitled", message: "not for you" }));
  assert.deepEqual([page.book.offer.value, page.book.refusal.value], ["no", "not for you"]);
});

test("an error is this book's only if it asked", () => {
  const page = settled();
  assert.equal(page.book.take({ type: "error", id: "x", code: "bad-condition", message: "when: no" }), false);
  page.book.set("x", "A", "last >= 10", true);
  assert.ok(page.book.take({ type: "error", id: "x", code: "too-many-alerts", message: "full" }));
  assert.equal(page.book.refusal.value, "full");
  page.book.set("y", "A", "last >= 10", true);
  page.list(3, [row("y")], "y");
  assert.equal(page.book.refusal.value, "");
});

test("what this browser watched by itself is handed over, and forgotten once the server has answered", () => {
  const old = (id: number): object => ({ id, symbol: "A", price: 10, side: "above", reachedMs: null });
  const kept = new Kept();
  kept.save("alerts", [old(1), old(2)]);
  const page = new Page(kept).begin();
  page.list(0);
  const handed = page.sent.filter(({ op }) => op === "alert");
  assert.deepEqual(handed.map(({ id }) => id), ["old-1", "old-2"]);
  page.list(0, [row("old-1")], "old-1");
  assert.deepEqual(kept.load("alerts"), [old(2)]);
  // The connection breaks before the second was answered: it is handed over again.
  page.book.end();
  page.begin();
  page.list(0, [row("old-1")]);
  assert.equal(page.sent.at(-1)!.id, "old-2");
  assert.ok(page.book.take({ type: "error", id: "old-2", code: "too-many-alerts", message: "full" }));
  assert.deepEqual(kept.load("alerts"), []);
});
