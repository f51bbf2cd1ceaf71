// Long polls, where nothing stays open. It stands in for the server's side of a session: it knows what is watched, and
// asks for all of it each time. Prices come alone: neither trades nor bars.

import { BROKEN, LOG_IN, type Pipe, type PipeEnd } from "./pipe.ts";

const WAIT_S = 20;
const DEFAULT_HZ = 10;

interface Said {
  op: string;
  id?: unknown;
  channel?: string;
  interval?: string;
  symbols?: string[];
  rate?: number;
  since?: { epoch: string; version: number };
  data?: unknown;
}

interface Found {
  epoch: string;
  version: number;
  ts: number;
  data: Record<string, unknown>;
  rejected?: Record<string, string>;
}

export class PollPipe implements Pipe {
  private readonly leaving = new AbortController();
  private asking: AbortController | null = null;
  private readonly names = new Set<string>();
  private subscribing: Said[] = [];
  private epoch = "";
  private version = 0;
  private rate = DEFAULT_HZ;
  private wake: (() => void) | null = null;
  private told = false;

  constructor(private readonly end: PipeEnd) {
    void this.run();
  }

  get isOpen(): boolean {
    return this.epoch !== "" && !this.leaving.signal.aborted;
  }

  send(text: string): void {
    const said = JSON.parse(text) as Said;
    const { op, id, channel = "ticker", symbols = [] } = said;
    if (op === "ping") return this.answer({ type: "pong", id, data: said.data });
    if (op !== "subscribe" && op !== "unsubscribe") return this.answer({ type: "error", id, code: "unknown-op", message: "Only prices come through this network." });
    if (channel !== "ticker") {
      this.answer({ type: op === "subscribe" ? "subscribed" : "unsubscribed", id, channel, interval: said.interval, symbols: [], rate: this.rate });
      if (!this.told) this.answer({ type: "error", code: "unknown-channel", message: "Only prices come through this network: no trades, and charts stand still." });
      this.told = true;
      return;
    }
    if (op === "subscribe") {
      const position = said.since?.epoch === this.epoch ? said.since.version : 0;
      if (symbols.length > 0) this.version = this.names.size > 0 ? Math.min(this.version, position) : position;
      for (const symbol of symbols) this.names.add(symbol);
      this.rate = said.rate ?? this.rate;
      this.subscribing.push(said);
    } else {
      for (const symbol of symbols.includes("*") ? [...this.names] : symbols) this.names.delete(symbol);
      this.answer({ type: "unsubscribed", id, channel, symbols: [...this.names] });
    }
    // What is under way asks for what was wanted before.
    this.asking?.abort();
    this.wake?.();
  }

  close(): void {
    this.leaving.abort();
    this.asking?.abort();
    this.wake?.();
  }

  /** Not from within `send`: its caller doesn't expect to be called. */
  private answer(message: object): void {
    queueMicrotask(() => {
      if (!this.leaving.signal.aborted) this.end.message(JSON.stringify(message));
    });
  }

  private lose(code: number): void {
    if (this.leaving.signal.aborted) return;
    this.leaving.abort();
    this.end.lost(code);
  }

  private async run(): Promise<void> {
    try {
      const health = (await (await fetch("/healthz", { cache: "no-store", signal: this.leaving.signal })).json()) as { epoch?: string; server?: string };
      if (typeof health.epoch !== "string") return this.lose(LOG_IN);
      this.welcome(health.epoch, health.server ?? "");
      while (!this.leaving.signal.aborted) {
        if (this.names.size === 0 && this.subscribing.length === 0) await this.pause(60_000);
        else if (await this.poll()) await this.pause(this.rate > 0 ? 1000 / this.rate : 0);
      }
    } catch {
      this.lose(BROKEN);
    }
  }

  private welcome(epoch: string, server: string): void {
    this.epoch = epoch;
    this.version = 0;
    this.end.message(JSON.stringify({ type: "welcome", server, protocol: 1, epoch, heartbeat: WAIT_S, limits: { symbols: 10_000, message_bytes: 65_536, rates: [] } }));
  }

  /** One request; false if something was asked meanwhile. */
  private async poll(): Promise<boolean> {
    const asked = this.subscribing;
    if (this.names.size === 0) {
      this.subscribing = [];
      this.subscribed(asked, {});
      return true;
    }
    const query = new URLSearchParams({ symbols: [...this.names].join(","), wait: String(asked.length > 0 ? 0 : WAIT_S) });
    if (this.version > 0) {
      query.set("epoch", this.epoch);
      query.set("since", String(this.version));
    }
    const asking = (this.asking = new AbortController());
    let response: Response;
    try {
      response = await fetch(`/v1/poll?${query}`, { cache: "no-store", signal: asking.signal });
      if (response.status === 401) this.lose(LOG_IN);
      else if (response.status === 204) this.take(asked, null);
      else if (response.ok) this.take(asked, (await response.json()) as Found);
      else this.lose(BROKEN);
      return true;
    } catch (error) {
      if (!asking.signal.aborted) throw error;
      return false;
    } finally {
      this.asking = null;
    }
  }

  private take(asked: Said[], found: Found | null): void {
    this.subscribing = this.subscribing.slice(asked.length);
    const rejected = found?.rejected ?? {};
    for (const name of Object.keys(rejected)) this.names.delete(name);
    this.subscribed(asked, rejected);
    if (!found) {
      const { version } = this;
      // A sign of life; and whoever has just subscribed waits for an update, be there anything to tell or not.
      if (asked.length > 0) this.end.message(JSON.stringify({ type: "update", since: version, version, ts: Date.now() * 1e6, data: {} }));
      return;
    }
    if (found.epoch !== this.epoch) this.welcome(found.epoch, "");
    const since = this.version;
    this.version = found.version;
    this.end.message(JSON.stringify({ type: "update", since, version: found.version, ts: found.ts, data: found.data }));
  }

  private subscribed(asked: Said[], rejected: Record<string, string>): void {
    const symbols = this.names.has("*") ? ["*"] : [...this.names];
    for (const { id, symbols: names = [] } of asked) {
      const refused = Object.fromEntries(names.filter((name) => name in rejected).map((name) => [name, rejected[name]]));
      this.end.message(JSON.stringify({ type: "subscribed", id, channel: "ticker", symbols, rate: this.rate, rejected: refused }));
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
