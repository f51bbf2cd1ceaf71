// The page's stream: dispatches messages to the channels and sends what they request. `connection.ts` carries the
// messages; the views read the result.

import { barsPath, fetchJson } from "../core/http.ts";
import { Signal } from "../core/signal.ts";
import { historyFrom } from "../market/bars.ts";
import { Board } from "../market/board.ts";
import type { Notice } from "../protocol/desk_messages.ts";
import type { Encoding, FeedState, Interval, Limits, Op, ServerMessage, Welcome } from "../protocol/messages.ts";
import type { TransportName } from "../transports/transport.ts";
import { BarsChannel } from "./bars_channel.ts";
import { Connection, type ConnectionState } from "./connection.ts";
import { Latency } from "./latency.ts";
import { RateMeter } from "./rate_meter.ts";
import { TickerChannel } from "./ticker_channel.ts";
import { TradesChannel } from "./trades_channel.ts";

/** The rate that a hidden page requests. */
const HIDDEN_HZ = 0.5;
/** How soon after a change of the previous close the history is fetched again, and how often at most. */
const SPLIT_MS = 3000;
/** Bars per history request. */
const HISTORY_BARS = 600;

export class Stream {
  readonly board = new Board();
  readonly ticker = new TickerChannel(this.board);
  readonly trades = new TradesChannel();
  readonly bars: BarsChannel;
  readonly latency = new Latency();
  readonly frames = new RateMeter();
  readonly updates = new RateMeter();
  readonly connectionState = new Signal<ConnectionState>({ kind: "connecting" });
  readonly feed = new Signal<FeedState | null>(null);
  /** A new epoch means that all values begin again. */
  readonly epoch = new Signal<string>("");
  /** The message of an error that no handler took. */
  readonly error = new Signal<string>("");
  readonly notice = new Signal<Notice | null>(null);
  limits: Limits | null = null;
  /** Whether the page was ever connected. */
  wasOpen = false;
  /** When prices last moved, in ms. */
  movedMs = 0;
  /** Handlers of messages that are not about prices: true if the message was theirs. */
  readonly handlers: ((message: ServerMessage) => boolean)[] = [];
  /** Called with the number of bars when a chart's history arrives. */
  onHistory: ((count: number) => void) | null = null;
  private isWelcomed = false;
  private isFetching = false;
  private resyncs = 0;
  private splitTimer: ReturnType<typeof setTimeout> | null = null;
  /** The generation of the bars channel for which the server has no older bars. */
  private exhausted = -1;
  private readonly connection: Connection;

  /** `changed` is called after each message that may change what is shown. */
  constructor(
    encoding: Encoding,
    interval: Interval,
    private rate: number,
    private readonly changed: () => void,
    transport: TransportName | null = null,
  ) {
    this.bars = new BarsChannel(interval);
    this.connection = new Connection(encoding, {
      state: (state) => this.connectionChanged(state),
      message: (message) => this.receive(message),
      pinged: (ms) => this.latency.pinged(ms, Date.now()),
      woke: () => this.latency.reset(),
    }, transport);
    document.addEventListener("visibilitychange", () => this.sendRate());
  }

  start(): void {
    this.connection.open();
  }

  get transportName(): TransportName {
    return this.connection.transportName;
  }

  get connected(): boolean {
    return this.isWelcomed && this.connection.isOpen;
  }

  /** Resynchronizations, and trades that the server reported lost. */
  get gaps(): number {
    return this.resyncs + this.trades.lost;
  }

  watch(symbols: Iterable<string>): void {
    this.connection.send(this.ticker.watch(symbols, this.connected));
    this.changed();
  }

  /** The symbol and interval of the chart and the trades. */
  choose(symbol: string | null, interval: Interval): void {
    this.connection.send([...this.trades.choose(symbol, this.connected), ...this.bars.choose(symbol, interval, this.connected)]);
    this.changed();
  }

  /** Send ops that are not about prices. */
  send(ops: readonly Op[]): void {
    if (this.connected) this.connection.send(ops);
  }

  setRate(rate: number): void {
    this.rate = rate;
    this.sendRate();
  }

  setEncoding(encoding: Encoding): void {
    this.connection.setEncoding(encoding);
  }

  private sendRate(): void {
    // The server answers with an update at once: a page that is shown again is up to date without waiting for a beat.
    if (this.connected) this.connection.send([{ op: "subscribe", channel: "ticker", symbols: [], rate: this.currentRate }]);
  }

  private get currentRate(): number {
    return document.hidden ? HIDDEN_HZ : this.rate;
  }

  private connectionChanged(state: ConnectionState): void {
    if (state.kind === "open") this.wasOpen = true;
    else {
      this.isWelcomed = false;
      this.latency.reset();
    }
    this.connectionState.value = state;
    this.changed();
  }

  private receive(message: ServerMessage): void {
    const nowMs = Date.now();
    this.frames.add(1, nowMs);
    const ops = this.handle(message, nowMs);
    if (ops.length > 0) this.connection.send(ops);
    this.changed();
  }

  private handle(message: ServerMessage, nowMs: number): Op[] {
    switch (message.type) {
      case "welcome":
        return this.welcomed(message);
      case "subscribed":
        if (message.channel === "ticker") this.ticker.subscribed(message);
        else if (message.channel === "trades") this.trades.subscribed(message);
        else if (this.bars.subscribed(message)) void this.fetchHistory();
        return [];
      case "update": {
        this.latency.heard(message.ts, nowMs);
        const before = this.ticker.updates;
        const result = this.ticker.update(message, nowMs);
        const count = this.ticker.updates - before;
        this.updates.add(count, nowMs);
        // A snapshot may hold old prices, so it does not count as movement.
        if (count > 0 && message.since > 0) this.movedMs = nowMs;
        if (message.since > 0 && message.data[this.bars.symbol ?? ""]?.["prev_close"] !== undefined) this.expectSplit();
        if (result !== "gap") return [];
        this.resyncs++;
        return this.ticker.recover();
      }
      case "trades":
        this.updates.add(message.data.length, nowMs);
        return this.trades.receive(message);
      case "bars":
        this.updates.add(message.data.length, nowMs);
        if (this.bars.receive(message)) {
          this.resyncs++;
          void this.fetchHistory();
        }
        return [];
      case "heartbeat":
        this.latency.heard(message.ts, nowMs);
        this.feed.value = message.feed.state;
        return [];
      case "error":
        if (!this.bars.refused(message.id, message.message) && !this.isHandled(message)) this.error.value = message.message;
        return [];
      case "notice":
        this.notice.value = message;
        return [];
      default:
        this.isHandled(message);
        return [];
    }
  }

  private isHandled(message: ServerMessage): boolean {
    return this.handlers.some((handle) => handle(message));
  }

  private welcomed({ epoch, limits }: Welcome): Op[] {
    this.limits = limits;
    const isSameConnection = this.isWelcomed;
    const isNewEpoch = epoch !== this.epoch.value;
    this.isWelcomed = true;
    let ops: Op[] = [];
    if (isSameConnection) {
      // A new epoch on this connection: the server keeps the watchlists and sends everything again.
      if (isNewEpoch) {
        this.ticker.restart(epoch);
        this.trades.restart(epoch);
        this.bars.restart();
        void this.fetchHistory();
      }
    } else {
      if (isNewEpoch) this.bars.restart();
      ops = [...this.ticker.resume(epoch, limits, this.currentRate), ...this.trades.resume(epoch), ...this.bars.resume()];
    }
    this.epoch.value = epoch;
    return ops;
  }

  /** Fetch the bars before the first one, if there are any. */
  async fetchOlder(): Promise<void> {
    const { symbol, interval, generation, series } = this.bars;
    const first = series.all[0];
    if (symbol === null || !first || this.isFetching || this.exhausted === generation) return;
    this.isFetching = true;
    try {
      const { bars, splits } = historyFrom(await fetchJson(barsPath(symbol, interval, HISTORY_BARS, `${first.time}000000000`)));
      if (bars.length === 0) this.exhausted = generation;
      if (generation === this.bars.generation) {
        series.merge(bars);
        series.addSplits(splits);
      }
    } catch {
      this.exhausted = generation;
    } finally {
      this.isFetching = false;
      this.changed();
    }
  }

  /** The previous close has changed: a new day, or a split, which only the history states. */
  private expectSplit(): void {
    this.splitTimer ??= setTimeout(() => {
      this.splitTimer = null;
      void this.fetchHistory();
    }, SPLIT_MS);
  }

  /** Fetch the chosen symbol's bars. Live bars may arrive first: `merge` takes them in any order. */
  private async fetchHistory(): Promise<void> {
    const { symbol, interval, generation } = this.bars;
    if (symbol === null) return;
    this.bars.series.awaitHistory();
    try {
      const { bars, splits } = historyFrom(await fetchJson(barsPath(symbol, interval, HISTORY_BARS)));
      if (generation === this.bars.generation) {
        this.bars.series.mergeHistory(bars);
        this.bars.series.addSplits(splits);
        this.onHistory?.(bars.length);
      }
    } catch (error) {
      if (generation !== this.bars.generation) return;
      this.bars.series.mergeHistory([]);
      this.bars.error = (error as Error).message;
    }
    this.changed();
  }
}
