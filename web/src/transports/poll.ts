// The long-poll transport. It emulates the server's side of a session: it keeps the watchlist and requests all of it with
// each poll. It carries prices only: no trades, bars, alerts or rooms.

import { DEFAULT_LIMITS } from "../protocol/limits.ts";
import { ABNORMAL_CLOSURE, type Transport, type TransportHandler, UNAUTHORIZED } from "./transport.ts";

const WAIT_S = 20;
const DEFAULT_HZ = 10;

/** An op that the page sends. */
interface Request {
  op: string;
  id?: unknown;
  channel?: string;
  interval?: string;
  symbols?: string[];
  rate?: number;
  since?: { epoch: string; version: number };
  data?: unknown;
}

/** The answer of `/v1/poll`. */
interface PollAnswer {
  epoch: string;
  version: number;
  ts: number;
  data: Record<string, unknown>;
  rejected?: Record<string, string>;
}

export class PollTransport implements Transport {
  private readonly closing = new AbortController();
  private polling: AbortController | null = null;
  private readonly watched = new Set<string>();
  /** Subscribes to be answered with the next poll. */
  private subscribing: Request[] = [];
  private epoch = "";
  private version = 0;
  private rate = DEFAULT_HZ;
  private wake: (() => void) | null = null;
  private toldPricesOnly = false;

  constructor(private readonly handler: TransportHandler) {
    void this.run();
  }

  get isOpen(): boolean {
    return this.epoch !== "" && !this.closing.signal.aborted;
  }

  send(text: string): void {
    const request = JSON.parse(text) as Request;
    const { op, id, channel = "ticker", symbols = [] } = request;
    if (op === "ping") return this.answer({ type: "pong", id, data: request.data });
    if (op !== "subscribe" && op !== "unsubscribe") return this.answer({ type: "error", id, code: "unknown-op", message: "Long polling carries prices only." });
    if (channel !== "ticker") {
      this.answer({ type: op === "subscribe" ? "subscribed" : "unsubscribed", id, channel, interval: request.interval, symbols: [], rate: this.rate });
      if (!this.toldPricesOnly) this.answer({ type: "error", code: "unknown-channel", message: "Long polling carries prices only: no trades and no live bars." });
      this.toldPricesOnly = true;
      return;
    }
    if (op === "subscribe") {
      const position = request.since?.epoch === this.epoch ? request.since.version : 0;
      if (symbols.length > 0) this.version = this.watched.size > 0 ? Math.min(this.version, position) : position;
      for (const symbol of symbols) this.watched.add(symbol);
      this.rate = request.rate ?? this.rate;
      this.subscribing.push(request);
    } else {
      for (const symbol of symbols.includes("*") ? [...this.watched] : symbols) this.watched.delete(symbol);
      this.answer({ type: "unsubscribed", id, channel, symbols: [...this.watched] });
    }
    // The poll in flight has the old watchlist: start another one.
    this.polling?.abort();
    this.wake?.();
  }

  close(): void {
    this.closing.abort();
    this.polling?.abort();
    this.wake?.();
  }

  /** Deferred: the caller of `send` does not expect a message before `send` returns. */
  private answer(message: object): void {
    queueMicrotask(() => {
      if (!this.closing.signal.aborted) this.deliver(message);
    });
  }

  private deliver(message: object): void {
    this.handler.message(JSON.stringify(message));
  }

  private fail(code: number): void {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    this.handler.lost(code);
  }

  private async run(): Promise<void> {
    try {
      const health = (await (await fetch("/healthz", { cache: "no-store", signal: this.closing.signal })).json()) as { epoch?: string; server?: string };
      if (typeof health.epoch !== "string") return this.fail(UNAUTHORIZED);
      this.welcome(health.epoch, health.server ?? "");
      while (!this.closing.signal.aborted) {
        if (this.watched.size === 0 && this.subscribing.length === 0) await this.pause(60_000);
        else if (await this.poll()) await this.pause(this.rate > 0 ? 1000 / this.rate : 0);
      }
    } catch {
      this.fail(ABNORMAL_CLOSURE);
    }
  }

  private welcome(epoch: string, server: string): void {
    this.epoch = epoch;
    this.version = 0;
    this.deliver({ type: "welcome", server, protocol: 1, epoch, heartbeat: WAIT_S, limits: DEFAULT_LIMITS });
  }

  /** One request; false if it was aborted because the watchlist changed. */
  private async poll(): Promise<boolean> {
    const answering = this.subscribing;
    if (this.watched.size === 0) {
      this.subscribing = [];
      this.subscribed(answering, {});
      return true;
    }
    // Posted: a long watchlist doesn't fit into an address.
    const position = this.version > 0 ? { epoch: this.epoch, since: this.version } : {};
    const body = JSON.stringify({ symbols: [...this.watched], wait: answering.length > 0 ? 0 : WAIT_S, ...position });
    const polling = (this.polling = new AbortController());
    try {
      const headers = { "Content-Type": "application/json" };
      const response = await fetch("/v1/poll", { method: "POST", headers, body, cache: "no-store", signal: polling.signal });
      if (response.status === 401) this.fail(UNAUTHORIZED);
      else if (response.status === 204) this.receive(answering, null);
      else if (response.ok) this.receive(answering, (await response.json()) as PollAnswer);
      else this.fail(ABNORMAL_CLOSURE);
      return true;
    } catch (error) {
      if (!polling.signal.aborted) throw error;
      return false;
    } finally {
      this.polling = null;
    }
  }

  private receive(answering: Request[], answer: PollAnswer | null): void {
    this.subscribing = this.subscribing.slice(answering.length);
    const rejected = answer?.rejected ?? {};
    for (const symbol of Object.keys(rejected)) this.watched.delete(symbol);
    this.subscribed(answering, rejected);
    if (!answer) {
      const { version } = this;
      // A subscribe is followed by an update, even if nothing changed.
      if (answering.length > 0) this.deliver({ type: "update", since: version, version, ts: Date.now() * 1e6, data: {} });
      return;
    }
    if (answer.epoch !== this.epoch) this.welcome(answer.epoch, "");
    const since = this.version;
    this.version = answer.version;
    this.deliver({ type: "update", since, version: answer.version, ts: answer.ts, data: answer.data });
  }

  private subscribed(answering: Request[], rejected: Record<string, string>): void {
    const symbols = this.watched.has("*") ? ["*"] : [...this.watched];
    for (const { id, symbols: requested = [] } of answering) {
      const refused = Object.fromEntries(requested.filter((symbol) => symbol in rejected).map((symbol) => [symbol, rejected[symbol]]));
      this.deliver({ type: "subscribed", id, channel: "ticker", symbols, rate: this.rate, rejected: refused });
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
