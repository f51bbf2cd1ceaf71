// The wire's words, as docs/protocol.md has them: messages both ways, and reading one. Knows no socket and no value's meaning.
// Those for what isn't prices stand in `deskwords.ts`.

import { DESK_TYPES, type DeskMessage, type DeskOp } from "./deskwords.ts";

export type Values = Record<string, number | null>;
/** symbol, stamp (ns), price, size */
export type WireTrade = [string, number, number, number];
/** symbol, start (ns), open, high, low, close, volume, vwap, trades, closed */
export type WireBar = [string, number, number, number, number, number, number, number | null, number | null, boolean];

export const FEED_STATES = ["live", "quiet", "stale", "paused", "ended"] as const;
export type FeedState = (typeof FEED_STATES)[number];

export const INTERVALS = ["1s", "5s", "1m", "5m", "15m", "1h", "1d"] as const;
export type Interval = (typeof INTERVALS)[number];

export const ENCODINGS = ["json", "msgpack"] as const;
export type Encoding = (typeof ENCODINGS)[number];

export type Channel = "ticker" | "trades" | "bars";
export interface Since {
  epoch: string;
  version: number;
}
export interface Subscribe {
  op: "subscribe";
  channel: Channel;
  symbols: string[];
  interval?: Interval;
  rate?: number;
  since?: Since;
  id?: number | string;
}
export interface Unsubscribe {
  op: "unsubscribe";
  channel: Channel;
  symbols: string[];
  interval?: Interval;
  id?: number | string;
}
export type Op = Subscribe | Unsubscribe | { op: "ping"; data: number } | DeskOp;

export interface Limits {
  symbols: number;
  message_bytes: number;
  rates: number[];
  /** Alerts of one owner, and characters of what is said in a room; missing where the server offers neither. */
  alerts?: number;
  text_chars?: number;
}
export interface Welcome {
  type: "welcome";
  server: string;
  epoch: string;
  heartbeat: number;
  limits: Limits;
}
export interface Subscribed {
  type: "subscribed";
  id?: number | string;
  channel: string;
  symbols: string[];
  rate: number;
  rejected?: Record<string, string>;
}
export interface Update {
  type: "update";
  since: number;
  version: number;
  ts: number;
  data: Record<string, Values | null>;
}
export interface Trades {
  type: "trades";
  since: number;
  version: number;
  data: WireTrade[];
  lost?: Record<string, number>;
}
export interface Bars {
  type: "bars";
  interval: Interval;
  since: number;
  version: number;
  data: WireBar[];
  lost?: Record<string, number>;
}
export interface Heartbeat {
  type: "heartbeat";
  version: number;
  ts: number;
  feed: { state: FeedState; ts: number | null };
}
export interface Pong {
  type: "pong";
  data?: unknown;
}
export interface Refusal {
  type: "error";
  id?: number | string;
  code: string;
  message: string;
}
export type ServerMessage =
  | Welcome
  | Subscribed
  | { type: "unsubscribed"; id?: number | string; channel: string; symbols: string[] }
  | Update
  | Trades
  | Bars
  | Heartbeat
  | Pong
  | Refusal
  | DeskMessage;

const TYPES = new Set<string>(["welcome", "subscribed", "unsubscribed", "update", "trades", "bars", "heartbeat", "pong", "error", ...DESK_TYPES]);

/** A decoded message, or null for one of a type that this page doesn't know: those are to be ignored. */
export function asMessage(decoded: unknown): ServerMessage | null {
  if (typeof decoded !== "object" || decoded === null) return null;
  const type = (decoded as { type?: unknown }).type;
  return typeof type === "string" && TYPES.has(type) ? (decoded as ServerMessage) : null;
}

/** What a message holds besides its symbols, at the most. */
const ENVELOPE_BYTES = 512;
const utf8 = new TextEncoder();

/** The symbols cut into lists that each fit into a message of `messageBytes`; none for no symbols. */
export function portions(symbols: Iterable<string>, messageBytes: number): string[][] {
  const room = messageBytes - ENVELOPE_BYTES;
  const found: string[][] = [];
  let used = Infinity;
  for (const symbol of symbols) {
    const size = utf8.encode(JSON.stringify(symbol)).length + 1;
    if (used + size > room) {
      found.push([]);
      used = 0;
    }
    found.at(-1)!.push(symbol);
    used += size;
  }
  return found;
}
