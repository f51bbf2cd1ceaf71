import assert from "node:assert/strict";
import { test } from "node:test";
import { Board } from "../src/board.ts";
import type { Update, Values } from "../src/protocol.ts";

const all = (): boolean => true;
const update = (data: Record<string, Values | null>, ts = 5e15): Update => ({ type: "update", since: 0, version: 1, ts, data });

test("fields are laid over those that are there", () => {
  const board = new Board();
  board.lay(update({ A: { last: 1, bid: 0.9 } }), 0, all);
  board.lay(update({ A: { last: 2 } }), 0, all);
  assert.deepEqual(board.row("A")?.values, { last: 2, bid: 0.9 });
});

test("a field that comes as null has no value any more", () => {
  const board = new Board();
  board.lay(update({ A: { last: 1, bid: 0.9 } }), 0, all);
  board.lay(update({ A: { bid: null } }), 0, all);
  assert.deepEqual(board.row("A")?.values, { last: 1 });
});

test("a symbol that comes as null is gone", () => {
  const board = new Board();
  board.lay(update({ A: { last: 1 } }), 0, all);
  board.lay(update({ A: null }), 0, all);
  assert.equal(board.row("A"), undefined);
});

test("a symbol that isn't wanted any more stays out", () => {
  const board = new Board();
  assert.equal(board.lay(update({ A: { last: 1 }, B: { last: 2 } }), 0, (symbol) => symbol === "B"), 1);
  assert.deepEqual(board.symbols, ["B"]);
});

test("names that JavaScript has a use for are symbols like others", () => {
  const board = new Board();
  board.lay(JSON.parse('{"type":"update","since":0,"version":1,"ts":0,"data":{"__proto__":{"last":1},"constructor":{"last":2}}}'), 0, all);
  assert.equal(board.row("__proto__")?.values["last"], 1);
  assert.equal(board.row("constructor")?.values["last"], 2);
});

test("a row remembers which way the last price went", () => {
  const board = new Board();
  const ways = [1, 2, 2, 1].map((last) => {
    board.lay(update({ A: { last } }), 0, all);
    return board.row("A")?.tick;
  });
  assert.deepEqual(ways, [0, 1, 1, -1]);
});

test("a held picture stays as it was while the board goes on", () => {
  const board = new Board();
  board.lay(update({ A: { last: 1 } }), 0, all);
  board.hold();
  board.lay(update({ A: { last: 2 } }), 0, all);
  board.lay(update({ A: { last: 3 } }), 0, all);
  assert.equal(board.shown("A")?.values["last"], 1);
  assert.equal(board.row("A")?.values["last"], 3);
  assert.equal(board.heldUpdates, 2);
  board.release();
  assert.equal(board.shown("A")?.values["last"], 3);
});

test("a first value is as old as its stamp says, and one from long ago is not believed", () => {
  const board = new Board();
  const sent = 1_700_000_000_000;
  board.lay(update({ A: { ts: (sent - 60_000) * 1e6 }, B: { ts: 1e17 } }, sent * 1e6), 1000, all);
  assert.ok(Math.abs(board.row("A")!.heardMs - (1000 - 60_000)) < 1);
  assert.equal(board.row("B")?.heardMs, 1000);
  board.lay(update({ A: { ts: (sent - 50_000) * 1e6 } }, sent * 1e6), 2000, all);
  assert.equal(board.row("A")?.heardMs, 2000, "what comes later has just come");
});
