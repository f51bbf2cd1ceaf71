// The WebSocket transport.

import type { Encoding } from "../protocol/messages.ts";
import type { Transport, TransportHandler } from "./transport.ts";

export class WebSocketTransport implements Transport {
  private readonly socket: WebSocket;

  constructor(encoding: Encoding, handler: TransportHandler) {
    const url = new URL("/v1/stream", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (encoding !== "json") url.searchParams.set("encoding", encoding);
    this.socket = new WebSocket(url, `ticker.v1.${encoding}`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = (event) => handler.message(event.data as string | ArrayBuffer);
    this.socket.onclose = ({ code }) => handler.lost(code);
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  send(text: string): void {
    this.socket.send(text);
  }

  close(): void {
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close(1000);
  }
}
