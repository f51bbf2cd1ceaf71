import assert from "node:assert/strict";
import { test } from "node:test";

import type { DeskOp, Id } from "../src/deskwords.ts";
import { KEPT, Room, type Line } from "../src/room.ts";
import { Kept } from "./memory.ts";

class Page {
  readonly sent: DeskOp[] = [];
  readonly shown: Line[] = [];
  readonly unsaid: [string, string][] = [];
  readonly room: Room;

  constructor(readonly kept = new Kept()) {
    this.room = new Room((ops) => this.sent.push(...ops), kept);
    this.room.hearer = {
      added: (line) => this.shown.push(line),
      cleared: () => (this.shown.length = 0),
      unsaid: (text, why) => this.unsaid.push([text, why]),
    };
  }

  last(op: DeskOp["op"]): DeskOp & { id: Id } {
    return this.sent.findLast((each) => each.op === op)!;
  }

  joined(seq: number, epoch = "e", name = "Ann"): void {
    assert.ok(this.room.take({ type: "joined", id: this.last("join").id, room: this.room.room, name, names: [name], epoch, seq }));
  }

  say(seq: number, from = "Bob", more: { id?: Id; lost?: number; room?: string } = {}): void {
    assert.ok(this.room.take({ type: "said", room: this.room.room, from, text: `text ${seq}`, seq, ts: 5e6, ...more }));
  }

  get seqs(): number[] {
    return this.shown.map(({ seq }) => seq);
  }
}

/** In the room, with two texts of before. */
function settled(kept = new Kept()): Page {
  const page = new Page(kept);
  page.room.attended = true;
  page.room.join("desk", "Ann");
  page.room.begin();
  page.joined(2);
  page.say(1);
  page.say(2);
  return page;
}

test("nothing is joined before it is wanted, nor asked before there is a connection", () => {
  const page = new Page();
  page.room.begin();
  page.room.end();
  page.room.join("desk", "Ann");
  assert.deepEqual(page.sent, []);
  page.room.begin();
  assert.deepEqual(page.sent, [{ op: "join", id: page.last("join").id, room: "desk", name: "Ann" }]);
});

test("whoever joins is shown what was said before, marked as past", () => {
  const page = settled();
  page.say(3);
  assert.deepEqual(page.shown.map(({ seq, isPast }) => [seq, isPast]), [[1, true], [2, true], [3, false]]);
});

test("a new connection goes on where the page was, without repeats", () => {
  const page = settled();
  page.room.end();
  assert.equal(page.room.state.value.kind, "away");
  page.room.begin();
  assert.deepEqual(page.last("join"), { op: "join", id: page.last("join").id, room: "desk", name: "Ann", since: { epoch: "e", version: 2 } });
  page.joined(4);
  for (const seq of [2, 3, 4]) page.say(seq);
  assert.deepEqual(page.seqs, [1, 2, 3, 4]);
  assert.equal(page.shown.at(-1)!.isPast, false, "what was missed is news");
});

test("a room of another epoch begins anew", () => {
  const page = settled();
  page.room.end();
  page.room.begin();
  page.joined(1, "f");
  page.say(1);
  assert.deepEqual(page.seqs, [1]);
});

test("another room is another: the one is left, and its stragglers are passed over", () => {
  const page = settled();
  page.room.join("macro", "Ann");
  assert.deepEqual(page.sent.slice(-2).map(({ op }) => op), ["leave", "join"]);
  assert.equal("since" in page.last("join"), false);
  page.say(3, "Bob", { room: "desk" });
  page.joined(0, "m");
  page.say(4, "Bob", { room: "desk" });
  assert.deepEqual(page.seqs, []);
});

test("under another name one comes again to the same room", () => {
  const page = settled();
  page.room.join("desk", "Anna");
  assert.deepEqual(page.sent.slice(-2).map(({ op }) => op), ["leave", "join"]);
  page.joined(2, "e", "Anna");
  assert.deepEqual(page.seqs, [1, 2]);
  assert.equal(page.room.name, "Anna");
});

test("one's own are those that answer, and those of one's name", () => {
  const page = settled();
  page.room.say("hello");
  page.say(3, "Ann", { id: page.last("say").id });
  page.say(4, "Ann");
  page.say(5, "Bob");
  assert.deepEqual(page.shown.slice(2).map(({ mine }) => mine), [true, true, false]);
});

test("what could not be said comes back, with the reason", () => {
  const page = settled();
  page.room.say("one");
  assert.ok(page.room.take({ type: "error", id: page.last("say").id, code: "too-fast", message: "…" }));
  page.room.say("two");
  page.room.end();
  assert.deepEqual(page.unsaid.map(([text]) => text), ["one", "two"]);
  page.room.begin();
  page.joined(2);
  assert.equal(page.unsaid.length, 2);
});

test("whoever is not in the room any more joins again", () => {
  const page = settled();
  page.room.say("one");
  const joins = page.sent.filter(({ op }) => op === "join").length;
  page.room.take({ type: "error", id: page.last("say").id, code: "not-joined", message: "…" });
  assert.equal(page.sent.filter(({ op }) => op === "join").length, joins + 1);
});

test("a refusal is told, and a server without rooms is known as such", () => {
  const page = new Page();
  page.room.join("desk", "Ann");
  page.room.begin();
  page.room.take({ type: "error", id: page.last("join").id, code: "room-full", message: "full" });
  assert.deepEqual(page.room.state.value, { kind: "refused", message: "full" });
  page.room.join("desk", "Ann");
  page.room.take({ type: "error", id: page.last("join").id, code: "unknown-op", message: "…" });
  assert.deepEqual(page.room.state.value, { kind: "none" });
  assert.equal(page.room.take({ type: "error", id: 7, code: "bad-rate", message: "…" }), false);
});

test("what comes unseen is counted, one's own is not, and reading ends it", () => {
  const page = settled();
  page.room.attended = false;
  page.say(3);
  page.say(4, "Ann");
  page.say(5);
  assert.equal(page.room.unread.value, 2);
  page.room.attended = true;
  assert.equal(page.room.unread.value, 0);
});

test("after a reload only what was not read is unread", () => {
  const page = settled();
  page.room.attended = false;
  page.say(3);
  const again = new Page(page.kept);
  again.room.join("desk", "Ann");
  again.room.begin();
  again.joined(4);
  for (const seq of [1, 2, 3, 4]) again.say(seq);
  assert.equal(again.room.unread.value, 2);
});

test("what is kept has a bound, and what the server lost is told", () => {
  const page = settled();
  for (let seq = 3; seq <= KEPT + 10; seq++) page.say(seq);
  assert.equal(page.room.lines.length, KEPT);
  page.say(KEPT + 20, "Bob", { lost: 9 });
  assert.equal(page.shown.at(-1)!.lost, 9);
});

test("who leaves is out, also after the next connection", () => {
  const page = settled();
  page.room.leave();
  assert.equal(page.sent.at(-1)!.op, "leave");
  page.room.end();
  page.room.begin();
  assert.equal(page.sent.at(-1)!.op, "leave");
  assert.equal(page.room.isWanted, false);
});
