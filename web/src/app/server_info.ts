// What the server reports over HTTP besides the stream: its symbols, the feed's state, whether the feed is a replay.

import { fetchJson } from "../core/http.ts";
import { calendarFrom, type MarketCalendar } from "../market/calendar.ts";
import { FEED_STATES } from "../protocol/messages.ts";
import { offer } from "../watchlist/lists.ts";
import { SymbolNames } from "../watchlist/symbols.ts";
import type { Context } from "./context.ts";

/** Symbols on a first visitor's list. */
const FIRST_SYMBOLS = 30;
const TICK_MS = 1000;
/** After this long without a price the feed's state is requested: heartbeats are less frequent. */
const SILENCE_MS = 1500;
/** After a long silence (a closed market) the state is requested less often. */
const LONG_SILENCE_MS = 30_000;
const LONG_SILENCE_INTERVAL_MS = 5000;
/** A feed finds more to note while it reads its files. */
const FEED_INTERVAL_MS = 30_000;
/** A feed that may add symbols is asked for them this often. */
const SYMBOLS_INTERVAL_MS = 20_000;

interface Health {
  server?: string;
  feed?: { name?: string; state?: string; replay?: boolean };
}

export class ServerInfo {
  private isAsking = false;
  private symbolsMs = 0;
  private healthMs = 0;
  private feedMs = 0;
  private feedText = "";

  constructor(private readonly context: Context) {
    context.stream.epoch.onChange(() => void Promise.all([this.fetchSymbols(), this.fetchHealth(), this.fetchFeed()]));
    setInterval(() => void this.tick(), TICK_MS);
  }

  private async fetchSymbols(): Promise<void> {
    this.symbolsMs = Date.now();
    try {
      const answer = (await fetchJson("/v1/symbols")) as { symbols?: unknown; complete?: boolean };
      const symbols = Array.isArray(answer.symbols) ? answer.symbols.filter((each): each is string => typeof each === "string") : [];
      const { context } = this;
      const { lists } = context;
      context.isComplete = answer.complete === true;
      context.names.value = new SymbolNames(symbols);
      // A growing list of symbols may still lack those of the user's lists.
      if (context.isFirstVisit || context.isComplete) lists.value = offer(lists.value, context.isFirstVisit, symbols, FIRST_SYMBOLS);
      if (symbols.length > 0) context.isFirstVisit = false;
    } catch {
      this.symbolsMs = 0; // retry on the next tick or connection
    }
  }

  private async fetchHealth(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    this.healthMs = Date.now();
    try {
      const health = (await fetchJson("/healthz")) as Health;
      const state = FEED_STATES.find((each) => each === health.feed?.state);
      if (state) this.context.stream.feed.value = state;
      const { name, replay } = health.feed ?? {};
      this.context.isReplay.value = replay ?? name === "csv";
      this.context.serverText.value = `${health.server ?? "ticker"}, feed ${name ?? "unknown"}.`;
    } catch {
      // The connection's state reports a server that is down.
    } finally {
      this.isAsking = false;
    }
  }

  /** What the feed assumed, and its trading days. */
  async fetchFeed(): Promise<void> {
    this.feedMs = Date.now();
    try {
      const { title, notes, calendar, calendars, holidays } = (await fetchJson("/v1/feed")) as Record<string, unknown>;
      const { feedInfo } = this.context;
      const others = Object.entries((calendars ?? {}) as Record<string, unknown>);
      const info = {
        title: typeof title === "string" ? title : "",
        notes: Array.isArray(notes) ? notes.filter((each): each is string => typeof each === "string") : [],
        calendar: calendarFrom(calendar, holidays),
        calendars: new Map(others.map(([symbol, each]): [string, MarketCalendar] => [symbol, calendarFrom(each, holidays)])),
      };
      // The same answer again must not redraw the chart.
      const text = JSON.stringify([info, others, holidays]);
      if (text !== this.feedText) feedInfo.value = info;
      this.feedText = text;
    } catch {
      // Without it days are those of UTC, as on a server that has no such address.
    }
  }

  private async tick(): Promise<void> {
    const { stream, isComplete } = this.context;
    if (!stream.connected || document.hidden) return;
    const nowMs = Date.now();
    const silence = nowMs - stream.movedMs;
    if (silence > SILENCE_MS) {
      if (nowMs - this.healthMs >= (silence > LONG_SILENCE_MS ? LONG_SILENCE_INTERVAL_MS : TICK_MS / 2)) await this.fetchHealth();
    } else if (stream.feed.value !== "live") stream.feed.value = "live";
    if (nowMs - this.feedMs > FEED_INTERVAL_MS) await this.fetchFeed();
    if (!isComplete && nowMs - this.symbolsMs > SYMBOLS_INTERVAL_MS) await this.fetchSymbols();
  }
}
