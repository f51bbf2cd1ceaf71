// The alerts that the server keeps for whoever this is: which there are, which fired, and which of those were shown.
// Messages in, messages to send out; what fires is told exactly once, however often it comes.

import { oldAlerts, oldId } from "./alerts.ts";
import type { AlertList, AlertRow, DeskOp, Fired, Id } from "./deskwords.ts";
import type { Refusal, ServerMessage } from "./protocol.ts";
import { Signal } from "./signal.ts";

/** What is kept in the browser. */
export interface Memory {
  load(key: string): unknown;
  save(key: string, value: unknown): void;
}

/** When an alert last fired, and at which value. */
export interface Firing {
  value: number;
  ms: number;
}

/** `asking`: nothing is known yet. `no`: the server, or what carries its messages, offers none. */
export type Offer = "asking" | "yes" | "no";

const OLD = "alerts";
const LISTING = "alerts";
/** Saved when this window has changed the server's alerts, so that the others ask what they are by now. */
export const CHANGED = "alerts.changed";
const MOST = 200;

export class AlertBook {
  readonly rows = new Signal<readonly AlertRow[]>([]);
  readonly offer = new Signal<Offer>("asking");
  /** Why the server would not do what was asked; empty when it last did. */
  readonly refusal = new Signal("");
  most = MOST;
  /** Called with each alert that fires, once. `isLate`: it did while nobody was here to see it. */
  fired: ((fired: Fired, isLate: boolean) => void) | null = null;
  /** Called with alerts that waited when this was last here, if the server has none at all any more. */
  forgotten: ((rows: AlertRow[]) => void) | null = null;
  private owner: string | null = null;
  private key = "";
  /** What fired up to this number was shown. Null: this browser has never asked for this owner's. */
  private shown: number | null = null;
  /** The same, of what has come on this connection. */
  private come: number | null = null;
  /** What fired up to this number did before this connection. Null: not answered yet, and what comes waits. */
  private past: number | null = null;
  private early: Fired[] = [];
  private firings: Record<string, Firing> = {};
  private readonly asked = new Set<Id>();

  constructor(
    private readonly send: (ops: DeskOp[]) => void,
    private readonly memory: Memory,
  ) {}

  /** A connection is there. `owner` as `Who` has it; `name` tells owners apart whom the server knows. */
  begin(owner: string | null, name: string | null, most = MOST): void {
    const key = `alerts.of.${owner ?? name}`;
    if (key !== this.key) {
      this.key = key;
      this.rows.value = [];
      const { seq, firings } = (this.memory.load(key) ?? {}) as { seq?: unknown; firings?: Record<string, Firing> };
      this.shown = Number.isInteger(seq) ? (seq as number) : null;
      this.firings = typeof firings === "object" ? firings : {};
    }
    this.owner = owner;
    this.most = most;
    this.list();
  }

  end(): void {
    this.offer.value = "asking";
    this.asked.clear();
    this.early = [];
    this.past = null;
  }

  /** Ask what the alerts are by now: that one waits again, or was set elsewhere, the server doesn't tell by itself. */
  refresh(): void {
    if (this.past !== null) this.say({ op: "alerts", id: LISTING });
  }

  private list(): void {
    this.past = null;
    this.come = this.shown;
    this.say({ op: "alerts", id: LISTING, ...(this.shown === null ? {} : { since: this.shown }) });
  }

  private say(op: DeskOp): void {
    this.asked.add(op.id);
    this.send([this.owner === null ? op : { ...op, owner: this.owner } as DeskOp]);
  }

  set(id: Id, symbol: string, when: string, once: boolean, hysteresis: number | null = null): void {
    this.say({ op: "alert", id, symbol, when, once, ...(hysteresis === null ? {} : { hysteresis }) });
  }

  /** One that has fired waits again. */
  again({ id, symbol, when, once, hysteresis }: AlertRow): void {
    this.set(id, symbol, when, once, hysteresis);
  }

  remove({ id }: AlertRow): void {
    this.say({ op: "unalert", id });
  }

  firing(id: Id): Firing | undefined {
    return this.firings[nameOf(id)];
  }

  /** Whether the message was for this. */
  take(message: ServerMessage): boolean {
    if (message.type === "alerts") this.listed(message);
    else if (message.type === "alert") this.cameFired(message);
    else return message.type === "error" && this.refused(message);
    return true;
  }

  private listed({ id, alerts, seq }: AlertList): void {
    if (id !== undefined && this.asked.delete(id)) {
      this.refusal.value = "";
      this.handed(id);
      if (id !== LISTING) this.memory.save(CHANGED, Date.now());
    }
    this.rows.value = alerts;
    this.offer.value = "yes";
    if (this.past !== null || id !== LISTING) {
      if (this.past !== null) this.keep();
      return;
    }
    if (this.shown !== null && seq < this.shown) {
      // The server has forgotten, and counts anew: what fired since then was never shown.
      this.shown = 0;
      this.early = [];
      this.list();
      return;
    }
    this.past = seq;
    this.shown ??= seq;
    const before = (this.memory.load(this.key) as { rows?: unknown } | null)?.rows;
    this.keep();
    if (alerts.length === 0 && Array.isArray(before) && before.length > 0) this.forgotten?.(before as AlertRow[]);
    for (const each of this.early.splice(0)) this.cameFired(each);
    this.handOver();
  }

  private cameFired(fired: Fired): void {
    if (this.past === null) {
      this.early.push(fired);
      return;
    }
    const { id, seq, value, ts } = fired;
    if (this.come !== null && seq <= this.come) return;
    this.come = seq;
    this.shown = Math.max(this.shown ?? 0, seq);
    this.firings[nameOf(id)] = { value, ms: ts / 1e6 };
    const isLate = seq <= this.past;
    if (!isLate) this.rows.value = this.rows.value.map((row) => (row.id === id && row.once ? { ...row, state: "fired" } : row));
    this.keep();
    this.fired?.(fired, isLate);
  }

  private refused({ id, code, message }: Refusal): boolean {
    if (id === undefined || !this.asked.delete(id)) return false;
    if (code !== "unknown-op") this.refusal.value = message;
    if (code === "unknown-op" || id === LISTING) this.offer.value = "no";
    // It is gone already; the list tells.
    else if (code === "no-alert") this.list();
    else this.handed(id);
    return true;
  }

  /** What this browser watched by itself becomes the server's. It is forgotten here once the server has answered. */
  private handOver(): void {
    for (const { id, symbol, when } of oldAlerts(this.memory.load(OLD))) this.set(id, symbol, when, true);
  }

  private handed(id: Id): void {
    const stored = this.memory.load(OLD);
    if (!Array.isArray(stored) || !stored.some((each) => oldId(each) === id)) return;
    this.memory.save(OLD, stored.filter((each) => oldId(each) !== id));
  }

  private keep(): void {
    const names = new Set(this.rows.value.map(({ id }) => nameOf(id)));
    this.firings = Object.fromEntries(Object.entries(this.firings).filter(([name]) => names.has(name)));
    const rows = this.rows.value.filter(({ state }) => state !== "fired");
    this.memory.save(this.key, { seq: this.shown, firings: this.firings, rows });
  }
}

/** 7 and "7" are two names. */
function nameOf(id: Id): string {
  return JSON.stringify(id);
}
