import assert from "node:assert/strict";
import { test } from "node:test";
import { Board } from "../../src/market/board.ts";
import type { Update, Values } from "../../src/protocol/messages.ts";

const all = (): boolean => true;
const update = (data: Record<string, Values | null>, ts = 5e15): Update => ({ type: "update", since: 0, version: 1, ts, data });

test("an update changes only its fields", () => {
  const board = new Board();
  board.apply(update({ A: { last: 1, bid: 0.9 } }), 0, all);
  board.apply(update({ A: { last: 2 } }), 0, all);
  assert.deepEqual(board.row("A")?.values, { last: 2, bid: 0.9 });
});

test("null removes a field's value", () => {
  const board = new Board();
  board.apply(update({ A: { last: 1, bid: 0.9 } }), 0, all);
  board.apply(update({ A: { bid: null } }), 0, all);
  assert.deepEqual(board.row("A")?.values, { last: 1 });
});

test("null removes a symbol", () => {
  const board = new Board();
  board.apply(update({ A: { last: 1 } }), 0, all);
  board.apply(update({ A: null }), 0, all);
  assert.equal(board.row("A"), undefined);
});

test("an update of an unwatched symbol is ignored", () => {
  const board = new Board();
  assert.equal(board.apply(update({ A: { last: 1 }, B: { last: 2 } }), 0, (symbol) => symbol === "B"), 1);
  assert.deepEqual(board.symbols, ["B"]);
});

test("names with a meaning in JavaScript are valid symbols", () => {
  const board = new Board();
  board.apply(JSON.parse('{"type":"update","since":0,"version":1,"ts":0,"data":{"__proto__":{"last":1},"constructor":{"last":2}}}'), 0, all);
  assert.equal(board.row("__proto__")?.values["last"], 1);
  assert.equal(board.row("constructor")?.values["last"], 2);
});

test("a row has the direction of the last price change", () => {
  const board = new Board();
  const ways = [1, 2, 2, 1].map((last) => {
    board.apply(update({ A: { last } }), 0, all);
    return board.row("A")?.tick;
  });
  assert.deepEqual(ways, [0, 1, 1, -1]);
});

test("a paused display keeps its values while the board updates", () => {
  const board = new Board();
  board.apply(update({ A: { last: 1 } }), 0, all);
  board.pause();
  board.apply(update({ A: { last: 2 } }), 0, all);
  board.apply(update({ A: { last: 3 } }), 0, all);
  assert.equal(board.shown("A")?.values["last"], 1);
  assert.equal(board.row("A")?.values["last"], 3);
  assert.equal(board.pendingUpdates, 2);
  board.resume();
  assert.equal(board.shown("A")?.values["last"], 3);
});

test("a first value has the age of its timestamp, unless that is too old", () => {
  const board = new Board();
  const sent = 1_700_000_000_000;
  board.apply(update({ A: { ts: (sent - 60_000) * 1e6 }, B: { ts: 1e17 } }, sent * 1e6), 1000, all);
  assert.ok(Math.abs(board.row("A")!.updatedMs - (1000 - 60_000)) < 1);
  assert.equal(board.row("B")?.updatedMs, 1000);
  board.apply(update({ A: { ts: (sent - 50_000) * 1e6 } }, sent * 1e6), 2000, all);
  assert.equal(board.row("A")?.updatedMs, 2000, "later values are new");
});
