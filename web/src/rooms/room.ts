// A chat room: members, messages, and how many are unread. Sans-I/O: takes messages, passes ops to `send`. After a lost
// connection it resumes from the last message.

import { Signal } from "../core/signal.ts";
import type { KeyValueStore } from "../core/storage.ts";
import type { Id } from "../protocol/common.ts";
import type { DeskOp, Joined, Said } from "../protocol/desk_messages.ts";
import type { ErrorMessage, ServerMessage } from "../protocol/messages.ts";

export interface ChatLine {
  seq: number;
  from: string;
  text: string;
  ms: number;
  mine: boolean;
  /** Messages before this one that the server no longer keeps. */
  lost: number;
  /** Sent before this client joined. */
  isPast: boolean;
}

/** `out`: not joined. `away`: joined, and the connection is lost. `refused`: with the server's message. `none`: the server has no rooms. */
export type RoomState = { kind: "out" | "away" | "joining" | "in" | "none" } | { kind: "refused"; message: string };

export const DEFAULT_ROOM = "desk";
/** Maximum messages kept. */
export const MAX_LINES = 500;

export interface RoomListener {
  added(line: ChatLine): void;
  cleared(): void;
  /** This text was not sent, or possibly not. */
  notSent(text: string, reason: string): void;
}

export class Room {
  readonly state = new Signal<RoomState>({ kind: "out" });
  readonly names = new Signal<readonly string[]>([]);
  readonly unread = new Signal(0);
  listener: RoomListener | null = null;
  lines: ChatLine[] = [];
  /** This client's name in the room. */
  name = "";
  room = DEFAULT_ROOM;
  private requestedName: string | null = null;
  private isConnected = false;
  private epoch = "";
  private seq = 0;
  /** Messages up to this number were sent before this client joined. */
  private past = 0;
  private read = { room: "", epoch: "", seq: 0 };
  private isVisible = false;
  private lastId = 0;
  private joining: Id | null = null;
  /** Texts sent and not acknowledged. */
  private readonly sending = new Map<Id, string>();

  constructor(
    private readonly send: (ops: DeskOp[]) => void,
    private readonly store: KeyValueStore,
  ) {
    this.read = { ...this.read, ...(store.load("chat.read") as Partial<Room["read"]> | null) };
  }

  /** Whether the user is in the room or wants to be. */
  get isWanted(): boolean {
    return this.state.value.kind !== "out";
  }

  connected(): void {
    this.isConnected = true;
    if (this.isWanted) this.sendJoin();
  }

  disconnected(): void {
    this.isConnected = false;
    this.joining = null;
    if (this.isWanted) this.state.value = { kind: "away" };
    const texts = [...this.sending.values()];
    this.sending.clear();
    for (const text of texts) this.listener?.notSent(text, "The connection was lost. This message may not have been sent.");
  }

  /** Join a room and leave the current one. `name`: without authentication, the name to use. */
  join(room: string, name: string | null): void {
    if (this.isWanted && room !== this.room) this.leave();
    if (room !== this.room) this.clear("");
    else if (this.isWanted && name !== this.requestedName) this.sendOp({ op: "leave", id: this.newId(), room });
    this.room = room;
    this.requestedName = name;
    this.state.value = { kind: "away" };
    if (this.isConnected) this.sendJoin();
  }

  leave(): void {
    if (this.isWanted) this.sendOp({ op: "leave", id: this.newId(), room: this.room });
    this.joining = null;
    this.names.value = [];
    this.state.value = { kind: "out" };
  }

  say(text: string): void {
    const id = this.newId();
    this.sending.set(id, text);
    this.sendOp({ op: "say", id, room: this.room, text });
  }

  /** Whether the user sees messages as they arrive. */
  set visible(isVisible: boolean) {
    this.isVisible = isVisible;
    if (isVisible) this.markRead();
  }

  /** True if the message was for the room. */
  handle(message: ServerMessage): boolean {
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
        // Without an id it is no answer: the operator has removed the room.
        if (message.id === undefined && message.room === this.room && this.isWanted) {
          this.joining = null;
          this.names.value = [];
          this.state.value = { kind: "refused", message: "The operator has removed this room." };
        }
        return true;
      case "error":
        return this.refused(message);
      default:
        return false;
    }
  }

  private sendJoin(): void {
    this.joining = this.newId();
    this.state.value = { kind: "joining" };
    const since = this.epoch === "" ? {} : { since: { epoch: this.epoch, version: this.seq } };
    const name = this.requestedName === null ? {} : { name: this.requestedName };
    this.sendOp({ op: "join", id: this.joining, room: this.room, ...name, ...since });
  }

  private sendOp(op: DeskOp): void {
    if (this.isConnected) this.send([op]);
  }

  private newId(): string {
    return `chat-${++this.lastId}`;
  }

  private joined({ id, room, name, names, epoch, seq }: Joined): void {
    if (this.joining === null || id !== this.joining) return;
    this.joining = null;
    this.room = room; // as the server spells it
    // After a resume the missed messages are new; after a first join everything up to `seq` is past.
    this.past = epoch === this.epoch ? this.seq : seq;
    if (epoch !== this.epoch) this.clear(epoch);
    this.name = name;
    this.names.value = names;
    if (this.read.room !== this.room || this.read.epoch !== epoch) this.read = { room: this.room, epoch, seq: 0 };
    this.state.value = { kind: "in" };
  }

  private said({ id, from, text, seq, ts, lost }: Said): void {
    const isAnswer = id !== undefined && this.sending.delete(id);
    if (seq <= this.seq) return;
    this.seq = seq;
    const line = { seq, from, text, ms: ts / 1e6, mine: isAnswer || from === this.name, lost: lost ?? 0, isPast: seq <= this.past };
    this.lines.push(line);
    if (this.lines.length > MAX_LINES) this.lines.shift();
    this.listener?.added(line);
    if (this.isVisible) {
      if (seq >= this.past) this.markRead();
    } else if (!line.mine && seq > this.read.seq) this.unread.value++;
  }

  private refused({ id, code, message }: ErrorMessage): boolean {
    if (id === undefined) return false;
    if (id === this.joining) {
      this.joining = null;
      this.state.value = code === "unknown-op" ? { kind: "none" } : { kind: "refused", message };
      return true;
    }
    const text = this.sending.get(id);
    if (text === undefined) return String(id).startsWith("chat-");
    this.sending.delete(id);
    this.listener?.notSent(text, code === "too-fast" ? "Not sent: too many messages. Wait a moment." : `Not sent: ${message}`);
    if (code === "not-joined" && this.isWanted) this.sendJoin();
    return true;
  }

  private clear(epoch: string): void {
    this.epoch = epoch;
    this.seq = 0;
    this.lines = [];
    this.unread.value = 0;
    this.listener?.cleared();
  }

  private markRead(): void {
    this.unread.value = 0;
    this.read = { room: this.room, epoch: this.epoch, seq: this.seq };
    if (this.epoch !== "") this.store.save("chat.read", this.read);
  }
}
