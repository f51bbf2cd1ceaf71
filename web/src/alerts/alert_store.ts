// The owner's alerts on the server: their rows, what fired, and which firings were shown. Sans-I/O: takes messages, passes
// ops to `send`. Each firing is reported exactly once, however often the server sends it.

import { Signal } from "../core/signal.ts";
import type { KeyValueStore } from "../core/storage.ts";
import type { Id } from "../protocol/common.ts";
import type { AlertRow, AlertsMessage, DeskOp, Fired } from "../protocol/desk_messages.ts";
import { DEFAULT_LIMITS } from "../protocol/limits.ts";
import type { ErrorMessage, ServerMessage } from "../protocol/messages.ts";
import { legacyAlerts, legacyId } from "./conditions.ts";

/** When an alert last fired, and at which value. */
export interface Firing {
  value: number;
  ms: number;
}

/** `unknown`: the server has not answered yet. `no`: the server or the transport has no alerts. */
export type Availability = "unknown" | "yes" | "no";

/** Where earlier versions of the page stored alerts that the browser watched itself. */
const LEGACY_KEY = "alerts";
const LIST_ID = "alerts";
/** Saved when this window changes the server's alerts: other windows then refresh theirs. */
export const CHANGED = "alerts.changed";

export class AlertStore {
  readonly rows = new Signal<readonly AlertRow[]>([]);
  readonly availability = new Signal<Availability>("unknown");
  /** The error of the last request; empty if it succeeded. */
  readonly error = new Signal("");
  maxAlerts = DEFAULT_LIMITS.alerts;
  /** Called once for each alert that fires. `isLate`: it fired before this connection. */
  onFired: ((fired: Fired, isLate: boolean) => void) | null = null;
  /** Called with the alerts that were armed at the last visit if the server now has no alerts. */
  onForgotten: ((rows: AlertRow[]) => void) | null = null;
  private owner: string | null = null;
  private key = "";
  /** The number of the newest firing shown. Null: this browser has never listed this owner's alerts. */
  private shown: number | null = null;
  /** The number of the newest firing received on this connection. */
  private received: number | null = null;
  /** Firings up to this number happened before this connection. Null until the list arrives: firings wait in `early`. */
  private past: number | null = null;
  private early: Fired[] = [];
  private firings: Record<string, Firing> = {};
  private readonly pending = new Set<Id>();

  constructor(
    private readonly send: (ops: DeskOp[]) => void,
    private readonly store: KeyValueStore,
  ) {}

  /** A connection is open. `owner` and `name` as in `Session`: one of them identifies the owner. */
  connected(owner: string | null, name: string | null, maxAlerts = DEFAULT_LIMITS.alerts): void {
    const key = `alerts.of.${owner ?? name}`;
    if (key !== this.key) {
      this.key = key;
      this.rows.value = [];
      const { seq, firings } = (this.store.load(key) ?? {}) as { seq?: unknown; firings?: Record<string, Firing> };
      this.shown = Number.isInteger(seq) ? (seq as number) : null;
      this.firings = typeof firings === "object" ? firings : {};
    }
    this.owner = owner;
    this.maxAlerts = maxAlerts;
    this.list();
  }

  disconnected(): void {
    this.availability.value = "unknown";
    this.pending.clear();
    this.early = [];
    this.past = null;
  }

  /** Request the list again: the server does not report re-arming, or changes by other clients. */
  refresh(): void {
    if (this.past !== null) this.request({ op: "alerts", id: LIST_ID });
  }

  private list(): void {
    this.past = null;
    this.received = this.shown;
    this.request({ op: "alerts", id: LIST_ID, ...(this.shown === null ? {} : { since: this.shown }) });
  }

  private request(op: DeskOp): void {
    this.pending.add(op.id);
    this.send([this.owner === null ? op : { ...op, owner: this.owner } as DeskOp]);
  }

  set(id: Id, symbol: string, when: string, once: boolean, hysteresis: number | null = null): void {
    this.request({ op: "alert", id, symbol, when, once, ...(hysteresis === null ? {} : { hysteresis }) });
  }

  /** Arm an alert that has fired again. */
  rearm({ id, symbol, when, once, hysteresis }: AlertRow): void {
    this.set(id, symbol, when, once, hysteresis);
  }

  remove({ id }: AlertRow): void {
    this.request({ op: "unalert", id });
  }

  firing(id: Id): Firing | undefined {
    return this.firings[keyOf(id)];
  }

  /** True if the message was about alerts. */
  handle(message: ServerMessage): boolean {
    if (message.type === "alerts") this.listed(message);
    else if (message.type === "alert") this.fired(message);
    else return message.type === "error" && this.refused(message);
    return true;
  }

  private listed({ id, alerts, seq }: AlertsMessage): void {
    if (id !== undefined && this.pending.delete(id)) {
      this.error.value = "";
      this.dropLegacy(id);
      if (id !== LIST_ID) this.store.save(CHANGED, Date.now());
    }
    this.rows.value = alerts;
    this.availability.value = "yes";
    if (this.past !== null || id !== LIST_ID) {
      if (this.past !== null) this.save();
      return;
    }
    if (this.shown !== null && seq < this.shown) {
      // The server lost its state and numbers firings from 1 again: none of them was shown.
      this.shown = 0;
      this.early = [];
      this.list();
      return;
    }
    this.past = seq;
    this.shown ??= seq;
    const before = (this.store.load(this.key) as { rows?: unknown } | null)?.rows;
    this.save();
    if (alerts.length === 0 && Array.isArray(before) && before.length > 0) this.onForgotten?.(before as AlertRow[]);
    for (const each of this.early.splice(0)) this.fired(each);
    this.migrateLegacy();
  }

  private fired(fired: Fired): void {
    if (this.past === null) {
      this.early.push(fired);
      return;
    }
    const { id, seq, value, ts } = fired;
    if (this.received !== null && seq <= this.received) return;
    this.received = seq;
    this.shown = Math.max(this.shown ?? 0, seq);
    this.firings[keyOf(id)] = { value, ms: ts / 1e6 };
    const isLate = seq <= this.past;
    if (!isLate) this.rows.value = this.rows.value.map((row) => (row.id === id && row.once ? { ...row, state: "fired" } : row));
    this.save();
    this.onFired?.(fired, isLate);
  }

  private refused({ id, code, message }: ErrorMessage): boolean {
    if (id === undefined || !this.pending.delete(id)) return false;
    if (code !== "unknown-op") this.error.value = message;
    if (code === "unknown-op" || id === LIST_ID) this.availability.value = "no";
    // The alert was removed elsewhere: update the list.
    else if (code === "no-alert") this.list();
    else this.dropLegacy(id);
    return true;
  }

  /** Set the browser's own alerts on the server. Each is dropped here once the server has answered. */
  private migrateLegacy(): void {
    for (const { id, symbol, when } of legacyAlerts(this.store.load(LEGACY_KEY))) this.set(id, symbol, when, true);
  }

  private dropLegacy(id: Id): void {
    const stored = this.store.load(LEGACY_KEY);
    if (!Array.isArray(stored) || !stored.some((each) => legacyId(each) === id)) return;
    this.store.save(LEGACY_KEY, stored.filter((each) => legacyId(each) !== id));
  }

  private save(): void {
    const keys = new Set(this.rows.value.map(({ id }) => keyOf(id)));
    this.firings = Object.fromEntries(Object.entries(this.firings).filter(([key]) => keys.has(key)));
    const rows = this.rows.value.filter(({ state }) => state !== "fired");
    this.store.save(this.key, { seq: this.shown, firings: this.firings, rows });
  }
}

/** The ids 7 and "7" differ. */
function keyOf(id: Id): string {
  return JSON.stringify(id);
}
