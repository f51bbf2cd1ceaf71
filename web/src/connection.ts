// The connection: opens it, keeps it, opens it again, by whatever gets through. It bears messages and knows nothing of
// what they mean, but for the pings by which it sees that the other side is there.

import { delayMs } from "./backoff.ts";
import { ask } from "./http.ts";
import { decode } from "./msgpack.ts";
import { EventPipe } from "./pipes/events.ts";
import { BROKEN, LOG_IN, type Pipe, type PipeEnd, type Transport } from "./pipes/pipe.ts";
import { PollPipe } from "./pipes/poll.ts";
import { SocketPipe } from "./pipes/socket.ts";
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
/** Closed because the key or token has ended. */
const KEY_ENDED = 4401;
/** So often an upgrade fails, with a server that answers otherwise, before something else is tried. */
const TRIES = 2;
/** How often a page that makes do without looks whether a WebSocket gets through again. */
const BETTER_MS = 300_000;
const NEXT: Record<Transport, Transport> = { websocket: "sse", sse: "poll", poll: "websocket" };

export interface Hearer {
  state(state: LinkState): void;
  message(message: ServerMessage, bytes: number): void;
  pinged(roundTripMs: number): void;
  woke(): void;
}

export class Connection {
  private pipe: Pipe | null = null;
  private by: Transport;
  /** Whether this connection was welcomed. */
  private welcomed = false;
  private unfit = 0;
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
    /** The only way to be tried; null: whichever gets through. */
    private readonly only: Transport | null = null,
  ) {
    this.by = only ?? "websocket";
    setInterval(() => this.lookForBetter(), BETTER_MS);
    setInterval(() => this.tick(), TICK_MS);
    addEventListener("online", () => this.probe());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.probe();
    });
  }

  get isOpen(): boolean {
    return this.pipe?.isOpen ?? false;
  }

  open(): void {
    clearTimeout(this.timer);
    this.close();
    this.hearer.state({ kind: "connecting" });
    this.heardMs = Date.now();
    this.probedMs = 0;
    this.welcomed = false;
    this.pipe = this.made(this.by, {
      message: (data) => this.receive(data),
      lost: (code) => {
        this.pipe = null;
        void this.lost(code);
      },
    });
  }

  /** What carries it. */
  get transport(): Transport {
    return this.by;
  }

  private made(transport: Transport, end: PipeEnd): Pipe {
    if (transport === "sse") return new EventPipe(end);
    return transport === "poll" ? new PollPipe(end) : new SocketPipe(this.encoding, end);
  }

  send(ops: readonly Op[]): void {
    if (!this.isOpen) return;
    for (const op of ops) this.pipe!.send(JSON.stringify(op));
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
      this.fail();
      return;
    }
    if (message?.type === "pong") this.hearer.pinged(performance.now() - Number(message.data));
    else if (message) {
      if (message.type === "welcome") {
        this.attempt = 0;
        this.unfit = 0;
        this.welcomed = true;
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
    } else if (this.pipe && now - this.heardMs > PATIENCE_MS) this.fail();
    else if (this.isOpen && now - this.pingedMs >= PING_MS) this.ping();
  }

  /** Find out now whether the other side is there, and if not, connect again at once. */
  private probe(): void {
    // One that has been opening for so long may never come to be open.
    if (!this.isOpen && (!this.pipe || Date.now() - this.heardMs > WAKE_PATIENCE_MS)) {
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
    if (!this.pipe) return;
    this.close();
    void this.lost(BROKEN);
  }

  private close(): void {
    this.pipe?.close();
    this.pipe = null;
  }

  private async lost(code: number): Promise<void> {
    const { welcomed } = this;
    this.welcomed = false;
    if (FINAL.has(code)) this.attempt = Math.max(this.attempt, LATE);
    const wait = delayMs(this.attempt++, Math.random());
    this.hearer.state({ kind: "waiting", untilMs: Date.now() + wait });
    this.timer = setTimeout(() => this.open(), wait);
    // A browser doesn't say why an upgrade failed; the server does, if it can be asked.
    if (welcomed && code !== KEY_ENDED) return;
    const { timer } = this;
    const barred = await isBarred(code);
    if (this.timer !== timer || this.pipe) return;
    if (barred === "log in") {
      clearTimeout(timer);
      this.hearer.state({ kind: "locked" });
    } else if (barred === "no" && !welcomed && this.only === null) {
      // The server is there, and yet there is no way through by this.
      this.unfit++;
      if (this.by === "websocket" && this.unfit < TRIES) return;
      this.unfit = 0;
      this.by = NEXT[this.by];
    } else if (barred === "away" && this.only === null) this.by = "websocket";
  }

  /** A WebSocket that is welcomed takes the place of what was made do with. */
  private lookForBetter(): void {
    if (this.only !== null || this.by === "websocket" || !this.welcomed || document.hidden) return;
    const trial = new SocketPipe("json", {
      message: () => {
        trial.close();
        this.by = "websocket";
        this.open();
      },
      lost: () => undefined,
    });
  }
}

/** Whether the server is away, wants a log-in first, or neither. */
async function isBarred(code: number): Promise<"away" | "log in" | "no"> {
  if (code === LOG_IN) return "log in";
  try {
    const session = (await ask("/v1/session")) as { required?: boolean; name?: string | null };
    return session.required === true && session.name === null ? "log in" : "no";
  } catch {
    return "away";
  }
}
