import assert from "node:assert/strict";
import { test } from "node:test";
import { Board } from "../src/board.ts";
import type { Op, Subscribe, Update, Values } from "../src/protocol.ts";
import { ALL, TOO_MANY, Watch } from "../src/watch.ts";

const LIMITS = { message_bytes: 65_536, symbols: 1000 };
const update = (since: number, version: number, data: Record<string, Values | null> = {}): Update => ({ type: "update", since, version, ts: 0, data });
const last = (value: number): Values => ({ last: value });

/** The subscribes for symbols; those that only tell the rate are left out. */
function subscribes(ops: Op[]): Subscribe[] {
  return ops.filter((op): op is Subscribe => op.op === "subscribe" && op.symbols.length > 0);
}

function answer(watch: Watch, ops: Op[], rejected: Record<string, string> = {}): void {
  for (const { id, symbols } of subscribes(ops)) watch.subscribed({ type: "subscribed", id: id!, channel: "ticker", symbols, rate: 10, rejected });
}

/** A watch that has A and B whole, as of version 10 of epoch "e". */
function settled(): { watch: Watch; board: Board } {
  const board = new Board();
  const watch = new Watch(board);
  watch.want(["A", "B"], false);
  answer(watch, watch.resume("e", LIMITS, 10));
  assert.equal(watch.update(update(0, 10, { A: last(1), B: last(2) }), 0), "laid");
  return { watch, board };
}

test("a first connection asks for everything whole", () => {
  const watch = new Watch(new Board());
  watch.want(["A", "B"], false);
  const [op, ...more] = subscribes(watch.resume("e", LIMITS, 10));
  assert.deepEqual(op?.symbols, ["A", "B"]);
  assert.equal(op?.since, undefined);
  assert.deepEqual(more, []);
});

test("a new connection goes on from the version that the page has", () => {
  const { watch } = settled();
  const [op] = subscribes(watch.resume("e", LIMITS, 10));
  assert.deepEqual(op?.since, { epoch: "e", version: 10 });
});

test("fresh symbols are asked for whole, beside those that resume", () => {
  const { watch } = settled();
  answer(watch, watch.want(["A", "B", "C"], true));
  const asked = subscribes(watch.resume("e", LIMITS, 10));
  assert.deepEqual(asked.map(({ symbols, since }) => [symbols, since?.version]), [[["A", "B"], 10], [["C"], undefined]]);
});

test("a symbol is settled with the update that brings it whole, and not before its subscribe was answered", () => {
  const { watch } = settled();
  const ops = watch.want(["A", "B", "C"], true);
  watch.update(update(10, 11, { A: last(3) }), 0);
  assert.deepEqual(subscribes(watch.resume("e", LIMITS, 10)).at(-1)?.symbols, ["C"]);
  answer(watch, ops);
  const again = subscribes(watch.resume("e", LIMITS, 10));
  answer(watch, again);
  watch.update(update(11, 12, { C: last(1) }), 0);
  assert.deepEqual(subscribes(watch.resume("e", LIMITS, 10)).map(({ symbols }) => symbols), [["A", "B", "C"]]);
});

test("a snapshot in parts settles with its last part, and a symbol asked for in between with the next", () => {
  const watch = new Watch(new Board());
  watch.want(["A", "B"], false);
  answer(watch, watch.resume("e", LIMITS, 10));
  watch.update(update(0, 0, { A: last(1) }), 0);
  answer(watch, watch.want(["A", "B", "C"], true));
  watch.update(update(0, 5, { B: last(2) }), 0);
  assert.deepEqual(subscribes(watch.resume("e", LIMITS, 10)).map(({ symbols }) => symbols), [["A", "B"], ["C"]]);
});

test("another epoch empties the board and asks for everything whole", () => {
  const { watch, board } = settled();
  const [op] = subscribes(watch.resume("f", LIMITS, 10));
  assert.equal(op?.since, undefined);
  assert.equal(board.row("A"), undefined);
  assert.equal(watch.version, 0);
});

test("a new epoch in mid-connection empties everything, and what comes then is laid", () => {
  const { watch, board } = settled();
  watch.restart("f");
  assert.equal(board.row("A"), undefined);
  assert.equal(watch.update(update(0, 3, { A: last(9) }), 0), "laid");
  assert.equal(board.row("A")?.values["last"], 9);
});

test("an update that doesn't join on is not laid, and asked for again", () => {
  const { watch, board } = settled();
  assert.equal(watch.update(update(12, 14, { A: last(9) }), 0), "gap");
  assert.equal(board.row("A")?.values["last"], 1);
  const ops = watch.mend();
  assert.deepEqual(subscribes(ops).map(({ since }) => since?.version), [10]);
  assert.equal(watch.update(update(14, 15, { A: last(9) }), 0), "ignored", "it was under way before the question");
  answer(watch, ops);
  assert.equal(watch.update(update(10, 15, { A: last(9) }), 0), "laid");
});

test("fields that come again are laid again", () => {
  const { watch, board } = settled();
  assert.equal(watch.update(update(5, 12, { A: last(7) }), 0), "laid");
  assert.equal(board.row("A")?.values["last"], 7);
  assert.equal(watch.version, 12);
});

test("a server that can't go on from the version sends all, and what it doesn't send is no more", () => {
  const { watch, board } = settled();
  answer(watch, watch.resume("e", LIMITS, 10));
  watch.update(update(0, 4, { A: last(8) }), 0);
  assert.equal(board.row("B"), undefined);
  assert.equal(board.row("A")?.values["last"], 8);
});

test("what isn't wanted any more is taken out, on the server and here", () => {
  const { watch, board } = settled();
  assert.deepEqual(watch.want(["B"], true), [{ op: "unsubscribe", channel: "ticker", symbols: ["A"] }]);
  assert.equal(board.row("A"), undefined);
});

test("from all symbols back to a few: all are taken out and the few asked for", () => {
  const { watch } = settled();
  watch.want([ALL, "A"], true);
  const ops = watch.want(["A"], true);
  assert.deepEqual(ops[0], { op: "unsubscribe", channel: "ticker", symbols: [ALL] });
  assert.deepEqual(subscribes(ops).map(({ symbols }) => symbols), [["A"]]);
});

test("a rejected symbol is told, and forgotten when it isn't wanted any more", () => {
  const { watch } = settled();
  answer(watch, watch.want(["A", "B", "X"], true), { X: "unknown-symbol" });
  assert.equal(watch.rejected.get("X"), "unknown-symbol");
  watch.want(["A", "B"], true);
  assert.equal(watch.rejected.size, 0);
});

test("a list that is longer than a message is asked for in several", () => {
  const watch = new Watch(new Board());
  const symbols = Array.from({ length: 500 }, (_, at) => `SYM${String(at).padStart(4, "0")}`);
  watch.want(symbols, false);
  const asked = subscribes(watch.resume("e", { ...LIMITS, message_bytes: 2048 }, 10));
  assert.ok(asked.length > 2);
  assert.deepEqual(asked.flatMap((op) => op.symbols), symbols);
  for (const op of asked) assert.ok(JSON.stringify(op).length < 2048);
});

test("of more symbols than a connection may have the first are asked for, and the others are told", () => {
  const watch = new Watch(new Board());
  watch.want(["A", "B", "C", "D"], false);
  const asked = subscribes(watch.resume("e", { ...LIMITS, symbols: 2 }, 10));
  assert.deepEqual(asked.map(({ symbols }) => symbols), [["A", "B"]]);
  assert.deepEqual([...watch.rejected], [["C", TOO_MANY], ["D", TOO_MANY]]);
  const next = watch.want(["B", "C", "D"], true);
  assert.deepEqual(subscribes(next).map(({ symbols }) => symbols), [["C"]]);
  assert.deepEqual([...watch.rejected], [["D", TOO_MANY]]);
  watch.restart("f");
  assert.deepEqual([...watch.rejected], [["D", TOO_MANY]]);
  watch.want([ALL], true);
  assert.deepEqual([...watch.rejected], []);
});
