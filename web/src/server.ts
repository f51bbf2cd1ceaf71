// What the server tells over plain HTTP besides the stream: its symbols, how its feed is, whether it is a replay.

import type { Context } from "./context.ts";
import { ask } from "./http.ts";
import { offer } from "./lists.ts";
import { FEED_STATES, type FeedState } from "./protocol.ts";
import { Names } from "./symbols.ts";
import { need, write } from "./views/dom.ts";

/** How many symbols are shown to who has chosen none. */
const FIRST = 30;
/** With nothing moving for so long the feed's state is asked for: heartbeats are rarer. */
const SILENCE_MS = 1500;
const ASKING_MS = 1000;
/** A market that sleeps is asked less often. */
const LONG_SILENCE_MS = 30_000;
const RARE_MS = 5000;
/** A feed whose list isn't complete may have got new symbols. */
const NAMES_MS = 20_000;

interface Health {
  server?: string;
  feed?: { name?: string; state?: string; replay?: boolean };
}

export class Server {
  private asking = false;
  private namedMs = 0;
  private askedMs = 0;

  constructor(private readonly context: Context) {
    context.live.epoch.onChange(() => void this.meet());
    setInterval(() => void this.tick(), ASKING_MS);
  }

  /** A server was met, or another history of the same one. */
  private async meet(): Promise<void> {
    await Promise.all([this.learn(), this.health()]);
  }

  private async learn(): Promise<void> {
    this.namedMs = Date.now();
    try {
      const answer = (await ask("/v1/symbols")) as { symbols?: unknown; complete?: boolean };
      const symbols = Array.isArray(answer.symbols) ? answer.symbols.filter((each): each is string => typeof each === "string") : [];
      this.context.complete = answer.complete === true;
      this.context.names.value = new Names(symbols);
      const { lists } = this.context;
      // A list that grows while it is asked for may not have them all yet.
      if (this.context.isFirst || this.context.complete) lists.value = offer(lists.value, this.context.isFirst, symbols, FIRST);
      if (symbols.length > 0) this.context.isFirst = false;
    } catch {
      this.namedMs = 0; // asked again with the next connection, or in a while
    }
  }

  private async health(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    this.askedMs = Date.now();
    try {
      const health = (await ask("/healthz")) as Health;
      const state = FEED_STATES.find((each) => each === health.feed?.state);
      if (state) this.context.live.feed.value = state as FeedState;
      const { name, replay } = health.feed ?? {};
      this.context.isReplay.value = replay ?? name === "csv";
      write(need("server"), `${health.server ?? "ticker"}, feed ${health.feed?.name ?? "unknown"}.`);
    } catch {
      // The connection tells that the server is away.
    } finally {
      this.asking = false;
    }
  }

  private async tick(): Promise<void> {
    const { live, complete } = this.context;
    if (!live.connected || document.hidden) return;
    const nowMs = Date.now();
    const silence = nowMs - live.movedMs;
    if (silence > SILENCE_MS) {
      if (nowMs - this.askedMs >= (silence > LONG_SILENCE_MS ? RARE_MS : ASKING_MS / 2)) await this.health();
    } else if (live.feed.value !== "live") live.feed.value = "live";
    if (!complete && nowMs - this.namedMs > NAMES_MS) await this.learn();
  }
}
