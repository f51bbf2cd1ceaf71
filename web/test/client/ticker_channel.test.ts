import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL, TickerChannel, TOO_MANY } from "../../src/client/ticker_channel.ts";
import { Board } from "../../src/market/board.ts";
import type { Op, Subscribe, Update, Values } from "../../src/protocol/messages.ts";

const LIMITS = { message_bytes: 65_536, symbols: 1000 };
const update = (since: number, version: number, data: Record<string, Values | null> = {}): Update => ({ type: "update", since, version, ts: 0, data });
const last = (value: number): Values => ({ last: value });

/** The subscribes with symbols, without those that only set the rate. */
function subscribes(ops: Op[]): Subscribe[] {
  return ops.filter((op): op is Subscribe => op.op === "subscribe" && op.symbols.length > 0);
}

function answer(channel: TickerChannel, ops: Op[], rejected: Record<string, string> = {}): void {
  for (const { id, symbols } of subscribes(ops)) channel.subscribed({ type: "subscribed", id: id!, channel: "ticker", symbols, rate: 10, rejected });
}

/** A channel with complete values of A and B, as of version 10 of epoch "e". */
function settled(): { channel: TickerChannel; board: Board } {
  const board = new Board();
  const channel = new TickerChannel(board);
  channel.watch(["A", "B"], false);
  answer(channel, channel.resume("e", LIMITS, 10));
  assert.equal(channel.update(update(0, 10, { A: last(1), B: last(2) }), 0), "applied");
  return { channel, board };
}

test("a first connection subscribes in full", () => {
  const channel = new TickerChannel(new Board());
  channel.watch(["A", "B"], false);
  const [op, ...more] = subscribes(channel.resume("e", LIMITS, 10));
  assert.deepEqual(op?.symbols, ["A", "B"]);
  assert.equal(op?.since, undefined);
  assert.deepEqual(more, []);
});

test("a new connection resumes from the board's version", () => {
  const { channel } = settled();
  const [op] = subscribes(channel.resume("e", LIMITS, 10));
  assert.deepEqual(op?.since, { epoch: "e", version: 10 });
});

test("incomplete symbols are subscribed in full, beside those that resume", () => {
  const { channel } = settled();
  answer(channel, channel.watch(["A", "B", "C"], true));
  const asked = subscribes(channel.resume("e", LIMITS, 10));
  assert.deepEqual(asked.map(({ symbols, since }) => [symbols, since?.version]), [[["A", "B"], 10], [["C"], undefined]]);
});

test("a symbol is complete with its snapshot, and not before its subscribe is answered", () => {
  const { channel } = settled();
  const ops = channel.watch(["A", "B", "C"], true);
  channel.update(update(10, 11, { A: last(3) }), 0);
  assert.deepEqual(subscribes(channel.resume("e", LIMITS, 10)).at(-1)?.symbols, ["C"]);
  answer(channel, ops);
  const again = subscribes(channel.resume("e", LIMITS, 10));
  answer(channel, again);
  channel.update(update(11, 12, { C: last(1) }), 0);
  assert.deepEqual(subscribes(channel.resume("e", LIMITS, 10)).map(({ symbols }) => symbols), [["A", "B", "C"]]);
});

test("a snapshot in parts is complete with the last part, and a symbol added in between with the next snapshot", () => {
  const channel = new TickerChannel(new Board());
  channel.watch(["A", "B"], false);
  answer(channel, channel.resume("e", LIMITS, 10));
  channel.update(update(0, 0, { A: last(1) }), 0);
  answer(channel, channel.watch(["A", "B", "C"], true));
  channel.update(update(0, 5, { B: last(2) }), 0);
  assert.deepEqual(subscribes(channel.resume("e", LIMITS, 10)).map(({ symbols }) => symbols), [["A", "B"], ["C"]]);
});

test("a new epoch clears the board and subscribes in full", () => {
  const { channel, board } = settled();
  const [op] = subscribes(channel.resume("f", LIMITS, 10));
  assert.equal(op?.since, undefined);
  assert.equal(board.row("A"), undefined);
  assert.equal(channel.version, 0);
});

test("a new epoch on the same connection clears the board and applies what follows", () => {
  const { channel, board } = settled();
  channel.restart("f");
  assert.equal(board.row("A"), undefined);
  assert.equal(channel.update(update(0, 3, { A: last(9) }), 0), "applied");
  assert.equal(board.row("A")?.values["last"], 9);
});

test("an update after a gap is not applied, and a resume is requested", () => {
  const { channel, board } = settled();
  assert.equal(channel.update(update(12, 14, { A: last(9) }), 0), "gap");
  assert.equal(board.row("A")?.values["last"], 1);
  const ops = channel.recover();
  assert.deepEqual(subscribes(ops).map(({ since }) => since?.version), [10]);
  assert.equal(channel.update(update(14, 15, { A: last(9) }), 0), "ignored", "it was in flight before the resume");
  answer(channel, ops);
  assert.equal(channel.update(update(10, 15, { A: last(9) }), 0), "applied");
});

test("repeated fields are applied again", () => {
  const { channel, board } = settled();
  assert.equal(channel.update(update(5, 12, { A: last(7) }), 0), "applied");
  assert.equal(board.row("A")?.values["last"], 7);
  assert.equal(channel.version, 12);
});

test("a snapshot in place of a resume removes the symbols it lacks", () => {
  const { channel, board } = settled();
  answer(channel, channel.resume("e", LIMITS, 10));
  channel.update(update(0, 4, { A: last(8) }), 0);
  assert.equal(board.row("B"), undefined);
  assert.equal(board.row("A")?.values["last"], 8);
});

test("removed symbols are unsubscribed and dropped", () => {
  const { channel, board } = settled();
  assert.deepEqual(channel.watch(["B"], true), [{ op: "unsubscribe", channel: "ticker", symbols: ["A"] }]);
  assert.equal(board.row("A"), undefined);
});

test("changing from all symbols to a few unsubscribes the wildcard", () => {
  const { channel } = settled();
  channel.watch([ALL, "A"], true);
  const ops = channel.watch(["A"], true);
  assert.deepEqual(ops[0], { op: "unsubscribe", channel: "ticker", symbols: [ALL] });
  assert.deepEqual(subscribes(ops).map(({ symbols }) => symbols), [["A"]]);
});

test("a rejection is kept until its symbol is removed", () => {
  const { channel } = settled();
  answer(channel, channel.watch(["A", "B", "X"], true), { X: "unknown-symbol" });
  assert.equal(channel.rejected.get("X"), "unknown-symbol");
  channel.watch(["A", "B"], true);
  assert.equal(channel.rejected.size, 0);
});

test("a long watchlist is subscribed in several messages", () => {
  const channel = new TickerChannel(new Board());
  const symbols = Array.from({ length: 500 }, (_, at) => `SYM${String(at).padStart(4, "0")}`);
  channel.watch(symbols, false);
  const asked = subscribes(channel.resume("e", { ...LIMITS, message_bytes: 2048 }, 10));
  assert.ok(asked.length > 2);
  assert.deepEqual(asked.flatMap((op) => op.symbols), symbols);
  for (const op of asked) assert.ok(JSON.stringify(op).length < 2048);
});

test("beyond the server's limit the first symbols are subscribed, and the others rejected", () => {
  const channel = new TickerChannel(new Board());
  channel.watch(["A", "B", "C", "D"], false);
  const asked = subscribes(channel.resume("e", { ...LIMITS, symbols: 2 }, 10));
  assert.deepEqual(asked.map(({ symbols }) => symbols), [["A", "B"]]);
  assert.deepEqual([...channel.rejected], [["C", TOO_MANY], ["D", TOO_MANY]]);
  const next = channel.watch(["B", "C", "D"], true);
  assert.deepEqual(subscribes(next).map(({ symbols }) => symbols), [["C"]]);
  assert.deepEqual([...channel.rejected], [["D", TOO_MANY]]);
  channel.restart("f");
  assert.deepEqual([...channel.rejected], [["D", TOO_MANY]]);
  channel.watch([ALL], true);
  assert.deepEqual([...channel.rejected], []);
});
