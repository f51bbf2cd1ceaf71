// What every transport implements.

export const TRANSPORT_NAMES = ["websocket", "sse", "poll"] as const;
export type TransportName = (typeof TRANSPORT_NAMES)[number];

export interface TransportHandler {
  /** A message, still encoded. */
  message(data: string | ArrayBuffer): void;
  /** The connection ended, with this close code. Called once, and never after `close`. */
  lost(code: number): void;
}

export interface Transport {
  /** Whether `send` reaches the server now. */
  readonly isOpen: boolean;
  send(text: string): void;
  close(): void;
}

/** The "close code" of a transport whose HTTP request was answered with status 401. */
export const UNAUTHORIZED = 401;
/** The connection broke without a close frame. */
export const ABNORMAL_CLOSURE = 1006;
