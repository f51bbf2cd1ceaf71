// Events per second over the last few seconds. The clock is an argument.

const SECONDS = 3;

export class RateMeter {
  private readonly counts: number[] = new Array(SECONDS + 1).fill(0);
  private second = 0;

  add(count: number, nowMs: number): void {
    this.advance(nowMs);
    this.counts[0]! += count;
  }

  /** The mean of the last complete seconds. */
  perSecond(nowMs: number): number {
    this.advance(nowMs);
    return this.counts.slice(1).reduce((sum, count) => sum + count, 0) / SECONDS;
  }

  private advance(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const passed = Math.min(second - this.second, SECONDS + 1);
    for (let i = 0; i < passed; i++) {
      this.counts.pop();
      this.counts.unshift(0);
    }
    this.second = second;
  }
}
