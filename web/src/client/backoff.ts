// The delay before a reconnect: exponential, with jitter so that clients do not reconnect all at once.

const FIRST_MS = 300;
const MAX_MS = 10_000;

/** `attempt` counts from 0; `random` is in [0, 1). Between half and all of 0.3 s, 0.6 s, 1.2 s … 10 s. */
export function delayMs(attempt: number, random: number): number {
  const delay = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return delay * (0.5 + random / 2);
}
