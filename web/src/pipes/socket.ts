// A WebSocket.

import type { Encoding } from "../protocol.ts";
import type { Pipe, PipeEnd } from "./pipe.ts";

export class SocketPipe implements Pipe {
  private readonly socket: WebSocket;

  constructor(encoding: Encoding, end: PipeEnd) {
    const address = new URL("/v1/stream", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (encoding !== "json") address.searchParams.set("encoding", encoding);
    this.socket = new WebSocket(address, `ticker.v1.${encoding}`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = (event) => end.message(event.data as string | ArrayBuffer);
    this.socket.onclose = ({ code }) => end.lost(code);
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
