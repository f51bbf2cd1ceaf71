// The Server-Sent Events transport. It reads with fetch because an EventSource reports neither status codes nor comments.

import { SseParser } from "./sse_parser.ts";
import { ABNORMAL_CLOSURE, type Transport, type TransportHandler, UNAUTHORIZED } from "./transport.ts";

export class SseTransport implements Transport {
  private readonly closing = new AbortController();
  /** Where to post messages; null until the server has told. */
  private path: string | null = null;
  /** The last post: each waits for the one before, so that they arrive in order. */
  private posting: Promise<unknown> = Promise.resolve();

  constructor(private readonly handler: TransportHandler) {
    void this.read();
  }

  get isOpen(): boolean {
    return this.path !== null && !this.closing.signal.aborted;
  }

  send(text: string): void {
    const { path } = this;
    if (path === null) return;
    const init: RequestInit = { method: "POST", headers: { "Content-Type": "application/json" }, body: text, signal: this.closing.signal };
    this.posting = this.posting
      .then(() => fetch(path, init))
      .then((response) => {
        if (!response.ok) this.fail(ABNORMAL_CLOSURE);
      })
      .catch(() => this.fail(ABNORMAL_CLOSURE));
  }

  close(): void {
    this.closing.abort();
  }

  private fail(code: number): void {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    this.handler.lost(code);
  }

  private async read(): Promise<void> {
    try {
      const response = await fetch("/v1/events", { cache: "no-store", signal: this.closing.signal });
      if (response.status === 401) return this.fail(UNAUTHORIZED);
      if (!response.ok || !response.body || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) return this.fail(ABNORMAL_CLOSURE);
      const parser = new SseParser();
      const decoder = new TextDecoder();
      const chunks = response.body.getReader();
      for (;;) {
        const { done, value } = await chunks.read();
        if (done) return this.fail(ABNORMAL_CLOSURE);
        for (const { kind, data } of parser.read(decoder.decode(value, { stream: true }))) {
          if (kind === "session") this.path = data;
          else if (kind === "close") return this.fail((JSON.parse(data) as { code: number }).code);
          else this.handler.message(data);
        }
      }
    } catch {
      this.fail(ABNORMAL_CLOSURE);
    }
  }
}
