// The age of messages on arrival. The offset between the server's clock and ours is unknown: the fastest recent message
// is assumed to have taken half of the shortest recent round trip.

/** Clocks drift and routes change: minima are kept for one to two windows. */
const WINDOW_MS = 30_000;

class WindowMinimum {
  private now = Infinity;
  private before = Infinity;
  private since = -Infinity;

  add(value: number, atMs: number): void {
    if (atMs - this.since > WINDOW_MS) {
      this.before = atMs - this.since > 2 * WINDOW_MS ? Infinity : this.now;
      this.now = Infinity;
      this.since = atMs;
    }
    this.now = Math.min(this.now, value);
  }

  get value(): number {
    return Math.min(this.now, this.before);
  }
}

export class Latency {
  private difference = new WindowMinimum();
  private roundTrip = new WindowMinimum();
  private smoothed: number | null = null;

  /** A pong arrived after this round trip. */
  pinged(roundTripMs: number, nowMs: number): void {
    this.roundTrip.add(roundTripMs, nowMs);
  }

  /** A message arrived that the server created at `ts` (ns of its clock). */
  heard(ts: number, nowMs: number): void {
    const difference = nowMs - ts / 1e6;
    this.difference.add(difference, nowMs);
    if (this.roundTrip.value === Infinity) return;
    const latency = difference - this.difference.value + this.roundTrip.value / 2;
    this.smoothed = this.smoothed === null ? latency : this.smoothed + (latency - this.smoothed) / 8;
  }

  /** Milliseconds; null before the first pong. */
  get ms(): number | null {
    return this.smoothed;
  }

  reset(): void {
    this.difference = new WindowMinimum();
    this.roundTrip = new WindowMinimum();
    this.smoothed = null;
  }
}
