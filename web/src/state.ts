// The state of the whole, out of what is known of its parts, in a word and a sentence. Pure.

import type { FeedState } from "./protocol.ts";
import type { ReplayStatus } from "./replay.ts";

export type LinkState = { kind: "connecting" } | { kind: "open" } | { kind: "locked" } | { kind: "waiting"; untilMs: number };
export type StateName = "connecting" | "locked" | "live" | "quiet" | "stale" | "reconnecting" | "paused" | "replay" | "ended";

export interface Facts {
  link: LinkState;
  /** Whether the page was connected before: connecting then is reconnecting. */
  wasOpen: boolean;
  held: boolean;
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
  live: { name: "live", word: "Live", sentence: "Prices are coming." },
  quiet: { name: "quiet", word: "Quiet", sentence: "The feed works, but nothing has ticked for a while." },
  stale: { name: "stale", word: "Stale", sentence: "The feed is down and is being restarted; prices are old." },
  paused: { name: "paused", word: "Feed paused", sentence: "The feed is paused for everybody." },
  ended: { name: "ended", word: "Ended", sentence: "The feed has come to its end; these are the last prices." },
};

export function speedWord(speed: number): string {
  return speed === 0 ? "max" : `${Number(speed.toPrecision(3))}×`;
}

export function stateOf(facts: Facts): State {
  const { link, replay } = facts;
  if (link.kind === "waiting") {
    const seconds = Math.max(1, Math.ceil((link.untilMs - facts.nowMs) / 1000));
    const sentence = "The connection is lost; these are the last prices.";
    return { name: "reconnecting", word: `Reconnecting in ${seconds} s`, sentence };
  }
  if (link.kind === "locked") return { name: "locked", word: "Log in", sentence: "The server asks who you are." };
  if (link.kind === "connecting") {
    if (!facts.wasOpen) return { name: "connecting", word: "Connecting", sentence: "The server has not answered yet." };
    return { name: "reconnecting", word: "Reconnecting", sentence: "The connection is lost; trying again now." };
  }
  if (facts.held) return { name: "paused", word: "Held", sentence: "The picture is held; prices go on behind it." };
  if (replay?.state === "paused") return { name: "paused", word: "Replay paused", sentence: "The replay's clock stands still." };
  if (replay?.state === "ended" || facts.feed === "ended") return FEED.ended;
  if (facts.feed === "stale") return FEED.stale;
  if (replay) return { name: "replay", word: `Replay ${speedWord(replay.speed)}`, sentence: "Recorded prices are being replayed." };
  return FEED[facts.feed ?? "live"];
}
