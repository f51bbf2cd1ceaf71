// What bears messages, whatever it is made of.

export const TRANSPORTS = ["websocket", "sse", "poll"] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface PipeEnd {
  /** A message, as it came. */
  message(data: string | ArrayBuffer): void;
  /** It is over; once, and never after `close`. 401 stands for "log in first". */
  lost(code: number): void;
}

export interface Pipe {
  /** Whether what is sent now goes out. */
  readonly isOpen: boolean;
  send(text: string): void;
  close(): void;
}

export const LOG_IN = 401;
/** A connection that broke: no close was told. */
export const BROKEN = 1006;
