// How long to wait before connecting again: longer each time, and not all clients at once.

const FIRST_MS = 300;
const LONGEST_MS = 10_000;

/** `attempt` counts from 0; `random` is in [0, 1). Between half and the whole of 0.3 s, 0.6 s, 1.2 s … 10 s. */
export function delayMs(attempt: number, random: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return whole * (0.5 + random / 2);
}
