// When to paint: in the browser's frames, but at most 20 times a second, and only if something changed. A screen of a
// thousand moving prices costs what is painted of it, not what arrives.

const SHORTEST_MS = 50;
/** However seldom prices are asked for, trades and bars come in between. */
const LONGEST_MS = 100;

export class Painter {
  private readonly works: ((nowMs: number) => void)[] = [];
  private spacingMs = LONGEST_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private frame: number | undefined;
  private lastMs = -Infinity;

  /** Called at each painting. */
  add(work: (nowMs: number) => void): void {
    this.works.push(work);
  }

  /** Paint no oftener than prices come: `rate` a second, 0 for all of them. */
  keepPace(rate: number): void {
    this.spacingMs = rate === 0 ? SHORTEST_MS : Math.min(LONGEST_MS, Math.max(SHORTEST_MS, 1000 / rate));
  }

  /** Something is to be painted; at once, if it is the user's doing. */
  ask(urgent = false): void {
    if (this.frame !== undefined) return;
    const wait = urgent ? 0 : this.lastMs + this.spacingMs - performance.now();
    // A timer of less than a frame would only be late.
    if (wait <= 8) {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.frame = requestAnimationFrame(this.paint);
    } else {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.frame = requestAnimationFrame(this.paint);
      }, wait - 4);
    }
  }

  private readonly paint = (): void => {
    this.frame = undefined;
    this.lastMs = performance.now();
    for (const work of this.works) work(this.lastMs);
  };
}
