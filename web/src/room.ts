// A room of the desk chat: who is in it, what was said, and what of that was read. Messages in, messages to send out;
// over a connection that was lost it goes on where it was.

import type { Memory } from "./alertbook.ts";
import type { DeskOp, Id, Joined, Said } from "./deskwords.ts";
import type { Refusal, ServerMessage } from "./protocol.ts";
import { Signal } from "./signal.ts";

export interface Line {
  seq: number;
  from: string;
  text: string;
  ms: number;
  mine: boolean;
  /** So many before this one were too old to be kept. */
  lost: number;
  /** Said before one came. */
  isPast: boolean;
}

/** `out`: not wanted. `away`: wanted, and not connected. `refused`: the server's words. `none`: it has no rooms. */
export type RoomState = { kind: "out" | "away" | "joining" | "in" | "none" } | { kind: "refused"; message: string };

export const ROOM = "desk";
/** What is kept here of what was said. */
export const KEPT = 500;

export interface RoomHearer {
  added(line: Line): void;
  cleared(): void;
  /** This was not said, or perhaps not; and why. */
  unsaid(text: string, why: string): void;
}

export class Room {
  readonly state = new Signal<RoomState>({ kind: "out" });
  readonly names = new Signal<readonly string[]>([]);
  readonly unread = new Signal(0);
  hearer: RoomHearer | null = null;
  lines: Line[] = [];
  /** The name that one has in it. */
  name = "";
  room = ROOM;
  private wishedName: string | null = null;
  private isConnected = false;
  private epoch = "";
  private seq = 0;
  /** What was said up to this number was before one came. */
  private past = 0;
  private read = { room: "", epoch: "", seq: 0 };
  private isRead = false;
  private lastId = 0;
  private joining: Id | null = null;
  private readonly saying = new Map<Id, string>();

  constructor(
    private readonly send: (ops: DeskOp[]) => void,
    private readonly memory: Memory,
  ) {
    this.read = { ...this.read, ...(memory.load("chat.read") as Partial<Room["read"]> | null) };
  }

  get isWanted(): boolean {
    return this.state.value.kind !== "out";
  }

  /** A connection is there. */
  begin(): void {
    this.isConnected = true;
    if (this.isWanted) this.ask();
  }

  end(): void {
    this.isConnected = false;
    this.joining = null;
    if (this.isWanted) this.state.value = { kind: "away" };
    const texts = [...this.saying.values()];
    this.saying.clear();
    for (const text of texts) this.hearer?.unsaid(text, "The connection was lost: this may not have been said.");
  }

  /** Come into a room, as `name` where the server doesn't know who one is. Whoever is in another leaves that. */
  join(room: string, name: string | null): void {
    if (this.isWanted && room !== this.room) this.leave();
    if (room !== this.room) this.clear("");
    else if (this.isWanted && name !== this.wishedName) this.sendNow({ op: "leave", id: this.newId(), room });
    this.room = room;
    this.wishedName = name;
    this.state.value = { kind: "away" };
    if (this.isConnected) this.ask();
  }

  leave(): void {
    if (this.isWanted) this.sendNow({ op: "leave", id: this.newId(), room: this.room });
    this.joining = null;
    this.names.value = [];
    this.state.value = { kind: "out" };
  }

  say(text: string): void {
    const id = this.newId();
    this.saying.set(id, text);
    this.sendNow({ op: "say", id, room: this.room, text });
  }

  /** Whether what is said is seen as it comes. */
  set attended(isRead: boolean) {
    this.isRead = isRead;
    if (isRead) this.readAll();
  }

  /** Whether the message was for this. */
  take(message: ServerMessage): boolean {
    switch (message.type) {
      case "joined":
        this.joined(message);
        return true;
      case "said":
        if (message.room === this.room && this.state.value.kind === "in") this.said(message);
        return true;
      case "present":
        if (message.room === this.room && this.isWanted) this.names.value = message.names;
        return true;
      case "left":
        return true;
      case "error":
        return this.refused(message);
      default:
        return false;
    }
  }

  private ask(): void {
    this.joining = this.newId();
    this.state.value = { kind: "joining" };
    const since = this.epoch === "" ? {} : { since: { epoch: this.epoch, version: this.seq } };
    const name = this.wishedName === null ? {} : { name: this.wishedName };
    this.sendNow({ op: "join", id: this.joining, room: this.room, ...name, ...since });
  }

  private sendNow(op: DeskOp): void {
    if (this.isConnected) this.send([op]);
  }

  private newId(): string {
    return `chat-${++this.lastId}`;
  }

  private joined({ id, room, name, names, epoch, seq }: Joined): void {
    if (this.joining === null || id !== this.joining) return;
    this.joining = null;
    this.room = room; // the server knows best how it is written
    // What was missed is news, other than what was said before one came.
    this.past = epoch === this.epoch ? this.seq : seq;
    if (epoch !== this.epoch) this.clear(epoch);
    this.name = name;
    this.names.value = names;
    if (this.read.room !== this.room || this.read.epoch !== epoch) this.read = { room: this.room, epoch, seq: 0 };
    this.state.value = { kind: "in" };
  }

  private said({ id, from, text, seq, ts, lost }: Said): void {
    const isAnswer = id !== undefined && this.saying.delete(id);
    if (seq <= this.seq) return;
    this.seq = seq;
    const line = { seq, from, text, ms: ts / 1e6, mine: isAnswer || from === this.name, lost: lost ?? 0, isPast: seq <= this.past };
    this.lines.push(line);
    if (this.lines.length > KEPT) this.lines.shift();
    this.hearer?.added(line);
    if (this.isRead) {
      if (seq >= this.past) this.readAll();
    } else if (!line.mine && seq > this.read.seq) this.unread.value++;
  }

  private refused({ id, code, message }: Refusal): boolean {
    if (id === undefined) return false;
    if (id === this.joining) {
      this.joining = null;
      this.state.value = code === "unknown-op" ? { kind: "none" } : { kind: "refused", message };
      return true;
    }
    const text = this.saying.get(id);
    if (text === undefined) return String(id).startsWith("chat-");
    this.saying.delete(id);
    this.hearer?.unsaid(text, code === "too-fast" ? "Not so fast: this was not said." : `This was not said: ${message}`);
    if (code === "not-joined" && this.isWanted) this.ask();
    return true;
  }

  private clear(epoch: string): void {
    this.epoch = epoch;
    this.seq = 0;
    this.lines = [];
    this.unread.value = 0;
    this.hearer?.cleared();
  }

  private readAll(): void {
    this.unread.value = 0;
    this.read = { room: this.room, epoch: this.epoch, seq: this.seq };
    if (this.epoch !== "") this.memory.save("chat.read", this.read);
  }
}
