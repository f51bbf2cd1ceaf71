// How old what the server sends is when it arrives. Its clock and ours differ by an unknown offset, so the fastest
// message of late is taken to have needed half of the fastest ping's way there and back. Knows no socket.

/** Offsets drift, and routes change: what is older than one or two of these is forgotten. */
const WINDOW_MS = 30_000;

class Least {
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
  private difference = new Least();
  private roundTrip = new Least();
  private smoothed: number | null = null;

  /** A pong came back after this time. */
  pinged(roundTripMs: number, nowMs: number): void {
    this.roundTrip.add(roundTripMs, nowMs);
  }

  /** A message came that the server made at `ts` (ns of its clock). */
  heard(ts: number, nowMs: number): void {
    const difference = nowMs - ts / 1e6;
    this.difference.add(difference, nowMs);
    if (this.roundTrip.value === Infinity) return;
    const latency = difference - this.difference.value + this.roundTrip.value / 2;
    this.smoothed = this.smoothed === null ? latency : this.smoothed + (latency - this.smoothed) / 8;
  }

  /** Milliseconds, or null while there was no ping yet. */
  get ms(): number | null {
    return this.smoothed;
  }

  reset(): void {
    this.difference = new Least();
    this.roundTrip = new Least();
    this.smoothed = null;
  }
}
