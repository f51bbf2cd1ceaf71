import assert from "node:assert/strict";
import { test } from "node:test";

import type { Id } from "../../src/protocol/common.ts";
import type { DeskOp } from "../../src/protocol/desk_messages.ts";
import { type ChatLine, MAX_LINES, Room } from "../../src/rooms/room.ts";
import { MemoryStore } from "../support/memory_store.ts";

class Page {
  readonly sent: DeskOp[] = [];
  readonly shown: ChatLine[] = [];
  readonly notSent: [string, string][] = [];
  readonly room: Room;

  constructor(readonly store = new MemoryStore()) {
    this.room = new Room((ops) => this.sent.push(...ops), store);
    this.room.listener = {
      added: (line) => this.shown.push(line),
      cleared: () => (this.shown.length = 0),
      notSent: (text, reason) => this.notSent.push([text, reason]),
    };
  }

  last(op: DeskOp["op"]): DeskOp & { id: Id } {
    return this.sent.findLast((each) => each.op === op)!;
  }

  joined(seq: number, epoch = "e", name = "Ann"): void {
    assert.ok(this.room.handle({ type: "joined", id: this.last("join").id, room: this.room.room, name, names: [name], epoch, seq }));
  }

  say(seq: number, from = "Bob", more: { id?: Id; lost?: number; room?: string } = {}): void {
    assert.ok(this.room.handle({ type: "said", room: this.room.room, from, text: `text ${seq}`, seq, ts: 5e6, ...more }));
  }

  get seqs(): number[] {
    return this.shown.map(({ seq }) => seq);
  }
}

/** In the room, with two past messages. */
function settled(store = new MemoryStore()): Page {
  const page = new Page(store);
  page.room.visible = true;
  page.room.join("desk", "Ann");
  page.room.connected();
  page.joined(2);
  page.say(1);
  page.say(2);
  return page;
}

test("the room is joined only on request, and only on a connection", () => {
  const page = new Page();
  page.room.connected();
  page.room.disconnected();
  page.room.join("desk", "Ann");
  assert.deepEqual(page.sent, []);
  page.room.connected();
  assert.deepEqual(page.sent, [{ op: "join", id: page.last("join").id, room: "desk", name: "Ann" }]);
});

test("a new member gets the earlier messages, marked as past", () => {
  const page = settled();
  page.say(3);
  assert.deepEqual(page.shown.map(({ seq, isPast }) => [seq, isPast]), [[1, true], [2, true], [3, false]]);
});

test("a new connection resumes without repeats", () => {
  const page = settled();
  page.room.disconnected();
  assert.equal(page.room.state.value.kind, "away");
  page.room.connected();
  assert.deepEqual(page.last("join"), { op: "join", id: page.last("join").id, room: "desk", name: "Ann", since: { epoch: "e", version: 2 } });
  page.joined(4);
  for (const seq of [2, 3, 4]) page.say(seq);
  assert.deepEqual(page.seqs, [1, 2, 3, 4]);
  assert.equal(page.shown.at(-1)!.isPast, false, "missed messages are new");
});

test("a new epoch clears the room", () => {
  const page = settled();
  page.room.disconnected();
  page.room.connected();
  page.joined(1, "f");
  page.say(1);
  assert.deepEqual(page.seqs, [1]);
});

test("joining another room leaves the first, and its late messages are ignored", () => {
  const page = settled();
  page.room.join("macro", "Ann");
  assert.deepEqual(page.sent.slice(-2).map(({ op }) => op), ["leave", "join"]);
  assert.equal("since" in page.last("join"), false);
  page.say(3, "Bob", { room: "desk" });
  page.joined(0, "m");
  page.say(4, "Bob", { room: "desk" });
  assert.deepEqual(page.seqs, []);
});

test("another name rejoins the same room", () => {
  const page = settled();
  page.room.join("desk", "Anna");
  assert.deepEqual(page.sent.slice(-2).map(({ op }) => op), ["leave", "join"]);
  page.joined(2, "e", "Anna");
  assert.deepEqual(page.seqs, [1, 2]);
  assert.equal(page.room.name, "Anna");
});

test("own messages are the acknowledged ones and those with the own name", () => {
  const page = settled();
  page.room.say("hello");
  page.say(3, "Ann", { id: page.last("say").id });
  page.say(4, "Ann");
  page.say(5, "Bob");
  assert.deepEqual(page.shown.slice(2).map(({ mine }) => mine), [true, true, false]);
});

test("an unsent message is returned with the reason", () => {
  const page = settled();
  page.room.say("one");
  assert.ok(page.room.handle({ type: "error", id: page.last("say").id, code: "too-fast", message: "…" }));
  page.room.say("two");
  page.room.disconnected();
  assert.deepEqual(page.notSent.map(([text]) => text), ["one", "two"]);
  page.room.connected();
  page.joined(2);
  assert.equal(page.notSent.length, 2);
});

test("a client that is no longer in the room rejoins", () => {
  const page = settled();
  page.room.say("one");
  const joins = page.sent.filter(({ op }) => op === "join").length;
  page.room.handle({ type: "error", id: page.last("say").id, code: "not-joined", message: "…" });
  assert.equal(page.sent.filter(({ op }) => op === "join").length, joins + 1);
});

test("a refused join is shown, and a server without rooms is detected", () => {
  const page = new Page();
  page.room.join("desk", "Ann");
  page.room.connected();
  page.room.handle({ type: "error", id: page.last("join").id, code: "room-full", message: "full" });
  assert.deepEqual(page.room.state.value, { kind: "refused", message: "full" });
  page.room.join("desk", "Ann");
  page.room.handle({ type: "error", id: page.last("join").id, code: "unknown-op", message: "…" });
  assert.deepEqual(page.room.state.value, { kind: "none" });
  assert.equal(page.room.handle({ type: "error", id: 7, code: "bad-rate", message: "…" }), false);
});

test("unseen messages are counted, except own ones, until they are read", () => {
  const page = settled();
  page.room.visible = false;
  page.say(3);
  page.say(4, "Ann");
  page.say(5);
  assert.equal(page.room.unread.value, 2);
  page.room.visible = true;
  assert.equal(page.room.unread.value, 0);
});

test("a reload keeps the unread count", () => {
  const page = settled();
  page.room.visible = false;
  page.say(3);
  const again = new Page(page.store);
  again.room.join("desk", "Ann");
  again.room.connected();
  again.joined(4);
  for (const seq of [1, 2, 3, 4]) again.say(seq);
  assert.equal(again.room.unread.value, 2);
});

test("the log is bounded, and shows messages that the server dropped", () => {
  const page = settled();
  for (let seq = 3; seq <= MAX_LINES + 10; seq++) page.say(seq);
  assert.equal(page.room.lines.length, MAX_LINES);
  page.say(MAX_LINES + 20, "Bob", { lost: 9 });
  assert.equal(page.shown.at(-1)!.lost, 9);
});

test("leaving lasts over a reconnect", () => {
  const page = settled();
  page.room.leave();
  assert.equal(page.sent.at(-1)!.op, "leave");
  page.room.disconnected();
  page.room.connected();
  assert.equal(page.sent.at(-1)!.op, "leave");
  assert.equal(page.room.isWanted, false);
});

test("a room that the operator removed is left, and the reason is shown", () => {
  const page = settled();
  page.room.handle({ type: "left", room: "other" });
  page.room.handle({ type: "left", id: "chat-9", room: "desk" });
  assert.deepEqual(page.room.state.value, { kind: "in" });
  page.room.handle({ type: "left", room: "desk" });
  assert.deepEqual(page.room.state.value, { kind: "refused", message: "The operator has removed this room." });
  assert.deepEqual(page.room.names.value, []);
});
