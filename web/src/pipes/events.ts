// Server-Sent Events, read with fetch: unlike an EventSource that tells of a refusal, and of comments.

import { EventReader } from "./eventreader.ts";
import { BROKEN, LOG_IN, type Pipe, type PipeEnd } from "./pipe.ts";

export class EventPipe implements Pipe {
  private readonly leaving = new AbortController();
  /** Where to post what is said. */
  private path: string | null = null;
  /** What is said is said in its order. */
  private saying: Promise<unknown> = Promise.resolve();

  constructor(private readonly end: PipeEnd) {
    void this.read();
  }

  get isOpen(): boolean {
    return this.path !== null && !this.leaving.signal.aborted;
  }

  send(text: string): void {
    const { path } = this;
    if (path === null) return;
    const init: RequestInit = { method: "POST", headers: { "Content-Type": "application/json" }, body: text, signal: this.leaving.signal };
    this.saying = this.saying
      .then(() => fetch(path, init))
      .then((response) => {
        if (!response.ok) this.lose(BROKEN);
      })
      .catch(() => this.lose(BROKEN));
  }

  close(): void {
    this.leaving.abort();
  }

  private lose(code: number): void {
    if (this.leaving.signal.aborted) return;
    this.leaving.abort();
    this.end.lost(code);
  }

  private async read(): Promise<void> {
    try {
      const response = await fetch("/v1/events", { cache: "no-store", signal: this.leaving.signal });
      if (response.status === 401) return this.lose(LOG_IN);
      if (!response.ok || !response.body || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) return this.lose(BROKEN);
      const reader = new EventReader();
      const decoder = new TextDecoder();
      const chunks = response.body.getReader();
      for (;;) {
        const { done, value } = await chunks.read();
        if (done) return this.lose(BROKEN);
        for (const { kind, data } of reader.read(decoder.decode(value, { stream: true }))) {
          if (kind === "session") this.path = data;
          else if (kind === "close") return this.lose((JSON.parse(data) as { code: number }).code);
          else this.end.message(data);
        }
      }
    } catch {
      this.lose(BROKEN);
    }
  }
}
