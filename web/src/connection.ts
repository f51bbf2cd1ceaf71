// The socket: opens it, keeps it, opens it again. It bears messages and knows nothing of what they mean, but for the
// pings by which it sees that the other side is there.

import { delayMs } from "./backoff.ts";
import { decode } from "./msgpack.ts";
import { asMessage, type Encoding, type Op, type ServerMessage } from "./protocol.ts";
import type { LinkState } from "./state.ts";

const PING_MS = 5000;
/** A ping that is not answered for so long, with nothing else heard: the connection is dead. */
const PATIENCE_MS = 12_000;
/** After a sleep or a change of networks there is no waiting for what may be long dead. */
const WAKE_PATIENCE_MS = 800;
const TICK_MS = 1000;
/** A clock that jumps so far between two ticks has slept. */
const SLEPT_MS = 4000;

/** Closed because of what this page sent: the same would be sent again, so it is tried rarely. */
const FINAL = new Set([1002, 1009]);
const LATE = 6;

export interface Hearer {
  state(state: LinkState): void;
  message(message: ServerMessage, bytes: number): void;
  pinged(roundTripMs: number): void;
  woke(): void;
}

export class Connection {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private heardMs = 0;
  private pingedMs = 0;
  private tickedMs = Date.now();
  /** When the ping was sent that decides whether the connection outlived a sleep; 0: none is out. */
  private probedMs = 0;

  constructor(
    private encoding: Encoding,
    private readonly hearer: Hearer,
  ) {
    setInterval(() => this.tick(), TICK_MS);
    addEventListener("online", () => this.probe());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.probe();
    });
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  open(): void {
    clearTimeout(this.timer);
    this.close();
    this.hearer.state({ kind: "connecting" });
    const address = new URL("/v1/stream", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.encoding !== "json") address.searchParams.set("encoding", this.encoding);
    const socket = new WebSocket(address, `ticker.v1.${this.encoding}`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.heardMs = Date.now();
    this.probedMs = 0;
    socket.onmessage = (event) => this.receive(event.data as string | ArrayBuffer);
    socket.onclose = ({ code }) => this.lost(socket, code);
  }

  send(ops: readonly Op[]): void {
    if (!this.isOpen) return;
    for (const op of ops) this.socket!.send(JSON.stringify(op));
  }

  use(encoding: Encoding): void {
    if (encoding === this.encoding) return;
    this.encoding = encoding;
    this.open();
  }

  private receive(data: string | ArrayBuffer): void {
    this.heardMs = Date.now();
    this.probedMs = 0;
    let message: ServerMessage | null;
    try {
      message = asMessage(typeof data === "string" ? JSON.parse(data) : decode(data));
    } catch {
      // A frame that can't be read may have held anything: a new connection goes on from what is certain.
      this.socket?.close(4000, "unreadable");
      return;
    }
    if (message?.type === "pong") this.hearer.pinged(performance.now() - Number(message.data));
    else if (message) {
      if (message.type === "welcome") {
        this.attempt = 0;
        this.hearer.state({ kind: "open" });
        this.ping();
      }
      this.hearer.message(message, typeof data === "string" ? data.length : data.byteLength);
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
      this.hearer.woke();
      this.probe();
    } else if (this.socket && now - this.heardMs > PATIENCE_MS) this.fail();
    else if (this.isOpen && now - this.pingedMs >= PING_MS) this.ping();
  }

  /** Find out now whether the other side is there, and if not, connect again at once. */
  private probe(): void {
    // One that has been opening for so long may never come to be open.
    if (!this.isOpen && (!this.socket || Date.now() - this.heardMs > WAKE_PATIENCE_MS)) {
      this.open();
      return;
    }
    if (!this.isOpen) return;
    this.ping();
    const probedMs = (this.probedMs = Date.now());
    setTimeout(() => {
      if (this.probedMs === probedMs) this.open();
    }, WAKE_PATIENCE_MS);
  }

  private fail(): void {
    const socket = this.socket;
    this.close();
    if (socket) this.lost(socket, 1006);
  }

  private close(): void {
    const socket = this.socket;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close(1000);
    this.socket = null;
  }

  private lost(socket: WebSocket, code: number): void {
    if (this.socket !== socket && this.socket !== null) return;
    this.socket = null;
    if (FINAL.has(code)) this.attempt = Math.max(this.attempt, LATE);
    const wait = delayMs(this.attempt++, Math.random());
    this.hearer.state({ kind: "waiting", untilMs: Date.now() + wait });
    this.timer = setTimeout(() => this.open(), wait);
  }
}
