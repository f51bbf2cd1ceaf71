// The page's side of the stream: takes messages in, keeps board, trades and bars in step, and asks for what is wanted.
// It decides what is sent; `connection.ts` bears it, and the views read what has come.

import { BarFeed } from "./barfeed.ts";
import { barsFrom } from "./bars.ts";
import { Board } from "./board.ts";
import { Connection } from "./connection.ts";
import type { Notice } from "./deskwords.ts";
import { ask, barsPath } from "./http.ts";
import { Latency } from "./latency.ts";
import { Meter } from "./meter.ts";
import type { Transport } from "./pipes/pipe.ts";
import type { Encoding, FeedState, Interval, Limits, Op, ServerMessage, Welcome } from "./protocol.ts";
import { Signal } from "./signal.ts";
import type { LinkState } from "./state.ts";
import { Ticks } from "./ticks.ts";
import { Watch } from "./watch.ts";

/** What a hidden page asks for: enough to be right, and next to no work. */
const HIDDEN_HZ = 0.5;
const HISTORY = 600;

export class Live {
  readonly board = new Board();
  readonly watch = new Watch(this.board);
  readonly ticks = new Ticks();
  readonly bars: BarFeed;
  readonly latency = new Latency();
  readonly frames = new Meter();
  readonly updates = new Meter();
  readonly link = new Signal<LinkState>({ kind: "connecting" });
  readonly feed = new Signal<FeedState | null>(null);
  /** The epoch: another one means that all began anew. */
  readonly epoch = new Signal<string>("");
  /** The server's words for what it would not do, where nobody else tells them. */
  readonly refusal = new Signal<string>("");
  /** What the server's operator has to say. */
  readonly notice = new Signal<Notice | null>(null);
  limits: Limits | null = null;
  wasOpen = false;
  resyncs = 0;
  /** When prices last moved, in ms. */
  movedMs = 0;
  /** Those who take what isn't prices: true, if a message was for them. */
  readonly guests: ((message: ServerMessage) => boolean)[] = [];
  private greeted = false;
  private fetching = false;
  /** The turn of the bars that have no older ones. */
  private oldest = -1;
  private readonly connection: Connection;

  /** `changed` is called after each message that may have changed what is shown. */
  constructor(
    encoding: Encoding,
    interval: Interval,
    private rate: number,
    private readonly changed: () => void,
    transport: Transport | null = null,
  ) {
    this.bars = new BarFeed(interval);
    this.connection = new Connection(encoding, {
      state: (state) => this.linked(state),
      message: (message) => this.receive(message),
      pinged: (ms) => this.latency.pinged(ms, Date.now()),
      woke: () => this.latency.reset(),
    }, transport);
    document.addEventListener("visibilitychange", () => this.tellRate());
  }

  start(): void {
    this.connection.open();
  }

  get transport(): Transport {
    return this.connection.transport;
  }

  get connected(): boolean {
    return this.greeted && this.connection.isOpen;
  }

  /** Trades of which the server told that they are lost, and gaps that were mended. */
  get gaps(): number {
    return this.resyncs + this.ticks.lost;
  }

  want(symbols: Iterable<string>): void {
    this.connection.send(this.watch.want(symbols, this.connected));
    this.changed();
  }

  choose(symbol: string | null, interval: Interval): void {
    this.connection.send([...this.ticks.choose(symbol, this.connected), ...this.bars.choose(symbol, interval, this.connected)]);
    this.changed();
  }

  /** Send what isn't about prices. */
  tell(ops: readonly Op[]): void {
    if (this.connected) this.connection.send(ops);
  }

  setRate(rate: number): void {
    this.rate = rate;
    this.tellRate();
  }

  use(encoding: Encoding): void {
    this.connection.use(encoding);
  }

  private tellRate(): void {
    // The answer brings an update at once: a page that is shown again needs no beat to be up to date.
    if (this.connected) this.connection.send([{ op: "subscribe", channel: "ticker", symbols: [], rate: this.wantedRate }]);
  }

  private get wantedRate(): number {
    return document.hidden ? HIDDEN_HZ : this.rate;
  }

  private linked(state: LinkState): void {
    if (state.kind === "open") this.wasOpen = true;
    else this.greeted = false;
    if (state.kind !== "open") this.latency.reset();
    this.link.value = state;
    this.changed();
  }

  private receive(message: ServerMessage): void {
    const nowMs = Date.now();
    this.frames.add(1, nowMs);
    const ops = this.take(message, nowMs);
    if (ops.length > 0) this.connection.send(ops);
    this.changed();
  }

  private take(message: ServerMessage, nowMs: number): Op[] {
    switch (message.type) {
      case "welcome":
        return this.welcomed(message);
      case "subscribed":
        if (message.channel === "ticker") this.watch.subscribed(message);
        else if (message.channel === "trades") this.ticks.subscribed(message);
        else if (this.bars.subscribed(message)) void this.history();
        return [];
      case "update": {
        this.latency.heard(message.ts, nowMs);
        const before = this.watch.updates;
        const laid = this.watch.update(message, nowMs);
        const count = this.watch.updates - before;
        this.updates.add(count, nowMs);
        // A snapshot tells of old prices, too.
        if (count > 0 && message.since > 0) this.movedMs = nowMs;
        if (laid !== "gap") return [];
        this.resyncs++;
        return this.watch.mend();
      }
      case "trades":
        this.updates.add(message.data.length, nowMs);
        return this.ticks.receive(message);
      case "bars":
        this.updates.add(message.data.length, nowMs);
        if (this.bars.receive(message)) {
          this.resyncs++;
          void this.history();
        }
        return [];
      case "heartbeat":
        this.latency.heard(message.ts, nowMs);
        this.feed.value = message.feed.state;
        return [];
      case "error":
        if (!this.bars.refused(message.id, message.message) && !this.isTaken(message)) this.refusal.value = message.message;
        return [];
      case "notice":
        this.notice.value = message;
        return [];
      default:
        this.isTaken(message);
        return [];
    }
  }

  private isTaken(message: ServerMessage): boolean {
    return this.guests.some((take) => take(message));
  }

  private welcomed(welcome: Welcome): Op[] {
    const { epoch } = welcome;
    this.limits = welcome.limits;
    const again = this.greeted;
    const another = epoch !== this.epoch.value;
    this.greeted = true;
    let ops: Op[] = [];
    if (again) {
      // The server keeps the watchlists over a new epoch; only what the page has is void.
      if (another) {
        this.watch.restart(epoch);
        this.ticks.restart(epoch);
        this.bars.restart();
        void this.history();
      }
    } else {
      if (another) this.bars.restart();
      ops = [...this.watch.resume(epoch, welcome.limits, this.wantedRate), ...this.ticks.resume(epoch), ...this.bars.resume()];
    }
    this.epoch.value = epoch;
    return ops;
  }

  /** Called with the number of bars whenever a chart's history has come. */
  historyCame: ((count: number) => void) | null = null;

  /** Fetch the bars before the first one, if there are any. */
  async older(): Promise<void> {
    const { symbol, interval, turn, series } = this.bars;
    const first = series.all[0];
    if (symbol === null || !first || this.fetching || this.oldest === turn) return;
    this.fetching = true;
    try {
      const bars = barsFrom(await ask(barsPath(symbol, interval, HISTORY, `${first.time}000000000`)));
      if (bars.length === 0) this.oldest = turn;
      if (turn === this.bars.turn) series.merge(bars);
    } catch {
      this.oldest = turn; // what is there is enough
    } finally {
      this.fetching = false;
      this.changed();
    }
  }

  /** Fetch the chosen symbol's bars. Live ones may come first: they are merged. */
  private async history(): Promise<void> {
    const { symbol, interval, turn } = this.bars;
    if (symbol === null) return;
    try {
      const bars = barsFrom(await ask(barsPath(symbol, interval, HISTORY)));
      if (turn === this.bars.turn) {
        this.bars.series.merge(bars);
        this.historyCame?.(bars.length);
      }
    } catch (error) {
      if (turn !== this.bars.turn) return;
      this.bars.refusal = (error as Error).message;
    }
    this.changed();
  }
}
