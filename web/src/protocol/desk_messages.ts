// Messages about alerts, notices and rooms (docs/protocol.md).

import type { Id, Since } from "./common.ts";

export type DeskOp =
  | { op: "alert"; id: Id; symbol: string; when: string; once: boolean; hysteresis?: number; owner?: string }
  | { op: "alerts"; id: Id; owner?: string; since?: number }
  | { op: "unalert"; id: Id; owner?: string }
  | { op: "join"; id: Id; room: string; name?: string; since?: Since }
  | { op: "say"; id: Id; room: string; text: string }
  | { op: "leave"; id: Id; room: string };

export interface AlertRow {
  id: Id;
  symbol: string;
  when: string;
  once: boolean;
  hysteresis: number;
  /** `waiting`: armed. `held`: fired, and armed again once the value is back by `hysteresis`. `fired`: done. */
  state: "waiting" | "held" | "fired";
  count?: number;
}
export interface AlertsMessage {
  type: "alerts";
  id?: Id;
  alerts: AlertRow[];
  /** The number of the newest firing. */
  seq: number;
}
export interface Fired {
  type: "alert";
  id: Id;
  symbol: string;
  when: string;
  value: number;
  ts: number;
  seq: number;
  lost?: number;
}
export interface Notice {
  type: "notice";
  text: string;
  from: string;
  ts: number;
}
export interface Joined {
  type: "joined";
  id?: Id;
  room: string;
  name: string;
  names: string[];
  epoch: string;
  seq: number;
}
export interface Said {
  type: "said";
  id?: Id;
  room: string;
  from: string;
  text: string;
  seq: number;
  ts: number;
  lost?: number;
}
export interface Present {
  type: "present";
  room: string;
  names: string[];
}
export interface Left {
  type: "left";
  id?: Id;
  room: string;
}
export type DeskMessage = AlertsMessage | Fired | Notice | Joined | Said | Present | Left;

export const DESK_TYPES = ["alerts", "alert", "notice", "joined", "said", "present", "left"] as const;
