// Messages of the wire protocol (docs/protocol.md). Those of alerts, notices and rooms are in `desk_messages.ts`.

import type { Id, Since } from "./common.ts";
import { DESK_TYPES, type DeskMessage, type DeskOp } from "./desk_messages.ts";

export type Values = Record<string, number | null>;
export type TradeChange = "late" | "cancel" | "correct";
/** symbol, time (ns), price, size, conditions, the feed's id (0: none), change */
export type WireTrade = [string, number, number, number, string[]?, number?, (TradeChange | null)?];
/** symbol, start (ns), open, high, low, close, volume, vwap, trades, closed, revision, incomplete; without prices if all its trades were cancelled */
export type WireBar = [string, number, number | null, number | null, number | null, number | null, number, number | null, number | null, boolean, number?, boolean?];

export const FEED_STATES = ["live", "quiet", "stale", "paused", "ended"] as const;
export type FeedState = (typeof FEED_STATES)[number];

/** The intervals that every server keeps; it has others on request, such as `10m`. */
export const INTERVALS = ["1s", "5s", "1m", "5m", "15m", "1h", "1d", "1w", "1M"] as const;
export type Interval = string;

export const ENCODINGS = ["json", "msgpack"] as const;
export type Encoding = (typeof ENCODINGS)[number];

export type Channel = "ticker" | "trades" | "bars";
export interface Subscribe {
  op: "subscribe";
  channel: Channel;
  symbols: string[];
  interval?: Interval;
  rate?: number;
  since?: Since;
  /** Of trades and bars: also conditions, corrections and revised bars. */
  revisions?: boolean;
  id?: Id;
}
export interface Unsubscribe {
  op: "unsubscribe";
  channel: Channel;
  symbols: string[];
  interval?: Interval;
  id?: Id;
}
export type Op = Subscribe | Unsubscribe | { op: "ping"; data: number } | DeskOp;

export interface Limits {
  symbols: number;
  message_bytes: number;
  rates: number[];
  /** Maximum alerts per owner and characters per chat message; absent if the server has neither feature. */
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
  id?: Id;
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
export interface ErrorMessage {
  type: "error";
  id?: Id;
  code: string;
  message: string;
}
export type ServerMessage =
  | Welcome
  | Subscribed
  | { type: "unsubscribed"; id?: Id; channel: string; symbols: string[] }
  | Update
  | Trades
  | Bars
  | Heartbeat
  | Pong
  | ErrorMessage
  | DeskMessage;

const TYPES = new Set<string>(["welcome", "subscribed", "unsubscribed", "update", "trades", "bars", "heartbeat", "pong", "error", ...DESK_TYPES]);

/** A decoded message, or null if its type is unknown: clients ignore unknown types. */
export function asMessage(decoded: unknown): ServerMessage | null {
  if (typeof decoded !== "object" || decoded === null) return null;
  const type = (decoded as { type?: unknown }).type;
  return typeof type === "string" && TYPES.has(type) ? (decoded as ServerMessage) : null;
}
