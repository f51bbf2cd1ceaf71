// Opens a connection, pings it, and reconnects; falls back to other transports. It passes messages on and interprets only
// `welcome` and `pong`.

import { fetchSession } from "../core/http.ts";
import { asMessage, type Encoding, type Op, type ServerMessage } from "../protocol/messages.ts";
import { decode } from "../protocol/msgpack.ts";
import { PollTransport } from "../transports/poll.ts";
import { SseTransport } from "../transports/sse.ts";
import { ABNORMAL_CLOSURE, type Transport, type TransportHandler, type TransportName, UNAUTHORIZED } from "../transports/transport.ts";
import { WebSocketTransport } from "../transports/websocket.ts";
import { delayMs } from "./backoff.ts";

const PING_MS = 5000;
/** Without any message for this long the connection counts as dead. */
const SILENCE_TIMEOUT_MS = 12_000;
/** Time for the answer to a ping after a sleep or a change of network, when the connection is probably dead. */
const PROBE_TIMEOUT_MS = 800;
const TICK_MS = 1000;
/** A gap this long between two ticks means that the machine slept. */
const SLEPT_MS = 4000;

/** Close codes for a fault in what this page sent (protocol error, message too big): a retry would fail again. */
const CLIENT_FAULT = new Set([1002, 1009]);
/** The back-off after one of these starts at this attempt. */
const CLIENT_FAULT_ATTEMPT = 6;
/** Close code: the key or token expired or was revoked. */
const KEY_ENDED = 4401;
/** Failed WebSocket upgrades, with a server that answers HTTP, before the next transport is tried. */
const MAX_UPGRADES = 2;
/** How often a page on a fallback transport tries a WebSocket again. */
const RETRY_WEBSOCKET_MS = 300_000;
const FALLBACK: Record<TransportName, TransportName> = { websocket: "sse", sse: "poll", poll: "websocket" };

export type ConnectionState = { kind: "connecting" } | { kind: "open" } | { kind: "locked" } | { kind: "waiting"; untilMs: number };

export interface ConnectionListener {
  state(state: ConnectionState): void;
  message(message: ServerMessage): void;
  pinged(roundTripMs: number): void;
  /** The machine woke from sleep. */
  woke(): void;
}

export class Connection {
  private transport: Transport | null = null;
  private name: TransportName;
  private isWelcomed = false;
  private failedUpgrades = 0;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private receivedMs = 0;
  private pingedMs = 0;
  private tickedMs = Date.now();
  /** When the probe in flight was sent; 0: none is. */
  private probedMs = 0;

  /** `forced`: the only transport to use; null: fall back to whichever works. */
  constructor(
    private encoding: Encoding,
    private readonly listener: ConnectionListener,
    private readonly forced: TransportName | null = null,
  ) {
    this.name = forced ?? "websocket";
    setInterval(() => this.retryWebSocket(), RETRY_WEBSOCKET_MS);
    setInterval(() => this.tick(), TICK_MS);
    addEventListener("online", () => this.probe());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.probe();
    });
  }

  get isOpen(): boolean {
    return this.transport?.isOpen ?? false;
  }

  get transportName(): TransportName {
    return this.name;
  }

  open(): void {
    clearTimeout(this.timer);
    this.close();
    this.listener.state({ kind: "connecting" });
    this.receivedMs = Date.now();
    this.probedMs = 0;
    this.isWelcomed = false;
    this.transport = this.create({
      message: (data) => this.receive(data),
      lost: (code) => {
        this.transport = null;
        void this.lost(code);
      },
    });
  }

  private create(handler: TransportHandler): Transport {
    if (this.name === "sse") return new SseTransport(handler);
    return this.name === "poll" ? new PollTransport(handler) : new WebSocketTransport(this.encoding, handler);
  }

  send(ops: readonly Op[]): void {
    if (!this.isOpen) return;
    for (const op of ops) this.transport!.send(JSON.stringify(op));
  }

  setEncoding(encoding: Encoding): void {
    if (encoding === this.encoding) return;
    this.encoding = encoding;
    this.open();
  }

  private receive(data: string | ArrayBuffer): void {
    this.receivedMs = Date.now();
    this.probedMs = 0;
    let message: ServerMessage | null;
    try {
      message = asMessage(typeof data === "string" ? JSON.parse(data) : decode(data));
    } catch {
      // The content of this frame is lost: a new connection resumes from the last version applied.
      this.fail();
      return;
    }
    if (message?.type === "pong") this.listener.pinged(performance.now() - Number(message.data));
    else if (message) {
      if (message.type === "welcome") {
        this.attempt = 0;
        this.failedUpgrades = 0;
        this.isWelcomed = true;
        this.listener.state({ kind: "open" });
        this.ping();
      }
      this.listener.message(message);
    }
  }

  private ping(): void {
    this.pingedMs = Date.now();
    this.send([{ op: "ping", data: performance.now() }]);
  }

  private tick(): void {
    const now = Date.now();
    const slept = now - this.tickedMs > SLEPT_MS;
    this.tickedMs = now;
    if (slept && !document.hidden) {
      this.listener.woke();
      this.probe();
    } else if (this.transport && now - this.receivedMs > SILENCE_TIMEOUT_MS) this.fail();
    else if (this.isOpen && now - this.pingedMs >= PING_MS) this.ping();
  }

  /** Check now whether the connection is alive, and reconnect at once if not. */
  private probe(): void {
    // An attempt to connect that takes this long may never succeed.
    if (!this.isOpen && (!this.transport || Date.now() - this.receivedMs > PROBE_TIMEOUT_MS)) {
      this.open();
      return;
    }
    if (!this.isOpen) return;
    this.ping();
    const probedMs = (this.probedMs = Date.now());
    setTimeout(() => {
      if (this.probedMs === probedMs) this.open();
    }, PROBE_TIMEOUT_MS);
  }

  private fail(): void {
    if (!this.transport) return;
    this.close();
    void this.lost(ABNORMAL_CLOSURE);
  }

  private close(): void {
    this.transport?.close();
    this.transport = null;
  }

  private async lost(code: number): Promise<void> {
    const wasWelcomed = this.isWelcomed;
    this.isWelcomed = false;
    if (CLIENT_FAULT.has(code)) this.attempt = Math.max(this.attempt, CLIENT_FAULT_ATTEMPT);
    const wait = delayMs(this.attempt++, Math.random());
    this.listener.state({ kind: "waiting", untilMs: Date.now() + wait });
    this.timer = setTimeout(() => this.open(), wait);
    // Browsers hide why an upgrade failed, so ask the server over HTTP.
    if (wasWelcomed && code !== KEY_ENDED) return;
    const { timer } = this;
    const access = await checkAccess(code);
    if (this.timer !== timer || this.transport) return;
    if (access === "login") {
      clearTimeout(timer);
      this.listener.state({ kind: "locked" });
    } else if (access === "granted" && !wasWelcomed && this.forced === null) {
      // The server answers HTTP, so the network blocks this transport.
      this.failedUpgrades++;
      if (this.name === "websocket" && this.failedUpgrades < MAX_UPGRADES) return;
      this.failedUpgrades = 0;
      this.name = FALLBACK[this.name];
    } else if (access === "down" && this.forced === null) this.name = "websocket";
  }

  /** On a fallback transport: try a WebSocket, and change to it if it is welcomed. */
  private retryWebSocket(): void {
    if (this.forced !== null || this.name === "websocket" || !this.isWelcomed || document.hidden) return;
    const trial = new WebSocketTransport("json", {
      message: () => {
        trial.close();
        this.name = "websocket";
        this.open();
      },
      lost: () => undefined,
    });
  }
}

/** Whether the server is down, requires a login, or would accept a connection. */
async function checkAccess(code: number): Promise<"down" | "login" | "granted"> {
  if (code === UNAUTHORIZED) return "login";
  try {
    const { required, name } = await fetchSession();
    return required && name === null ? "login" : "granted";
  } catch {
    return "down";
  }
}
