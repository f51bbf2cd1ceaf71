// The badge: the state of connection, feed and replay in one word and one sentence.

import type { ConnectionState } from "../client/connection.ts";
import type { ReplayStatus } from "../client/replay.ts";
import type { FeedState } from "../protocol/messages.ts";

export type StateName = "connecting" | "locked" | "live" | "quiet" | "stale" | "reconnecting" | "paused" | "replay" | "ended";

export interface Facts {
  connectionState: ConnectionState;
  /** Whether the page was connected before: then connecting is reconnecting. */
  wasOpen: boolean;
  paused: boolean;
  feed: FeedState | null;
  replay: ReplayStatus | null;
  nowMs: number;
}

export interface State {
  name: StateName;
  word: string;
  sentence: string;
}

const FEED: Record<FeedState, State> = {
  live: { name: "live", word: "Live", sentence: "Prices are live." },
  quiet: { name: "quiet", word: "Quiet", sentence: "The feed is running, but no price has changed recently." },
  stale: { name: "stale", word: "Stale", sentence: "The feed failed and is restarting. Prices are out of date." },
  paused: { name: "paused", word: "Feed paused", sentence: "The feed is paused for all clients." },
  ended: { name: "ended", word: "Ended", sentence: "The feed has ended. These are the last prices." },
};

export function speedText(speed: number): string {
  return speed === 0 ? "max" : `${Number(speed.toPrecision(3))}×`;
}

export function stateOf(facts: Facts): State {
  const { connectionState, replay } = facts;
  if (connectionState.kind === "waiting") {
    const seconds = Math.max(1, Math.ceil((connectionState.untilMs - facts.nowMs) / 1000));
    const sentence = "The connection is lost. These are the last prices.";
    return { name: "reconnecting", word: `Reconnecting in ${seconds} s`, sentence };
  }
  if (connectionState.kind === "locked") return { name: "locked", word: "Log in", sentence: "This server requires a key." };
  if (connectionState.kind === "connecting") {
    if (!facts.wasOpen) return { name: "connecting", word: "Connecting", sentence: "Waiting for the server." };
    return { name: "reconnecting", word: "Reconnecting", sentence: "The connection is lost. Reconnecting now." };
  }
  if (facts.paused) return { name: "paused", word: "Paused", sentence: "The display is paused. Updates still arrive." };
  if (replay?.state === "paused") return { name: "paused", word: "Replay paused", sentence: "The replay is paused." };
  if (replay?.state === "ended" || facts.feed === "ended") return FEED.ended;
  if (facts.feed === "stale") return FEED.stale;
  if (replay) return { name: "replay", word: `Replay ${speedText(replay.speed)}`, sentence: "Recorded prices are being replayed." };
  return FEED[facts.feed ?? "live"];
}
