// The server's default limits, for use before a welcome, and with long polling, which has none.

import type { Limits } from "./messages.ts";

export const DEFAULT_LIMITS = { symbols: 10_000, message_bytes: 65_536, rates: [], alerts: 200, text_chars: 2_000 } satisfies Limits;
