// When to paint: in the browser's frames, but at most 20 times a second, and only if something changed. A screen of a
// thousand moving prices costs what is painted of it, not what arrives.

const SPACING_MS = 50;

export class Painter {
  private readonly works: ((nowMs: number) => void)[] = [];
  private asked = false;
  private lastMs = -Infinity;

  /** Called at each painting. */
  add(work: (nowMs: number) => void): void {
    this.works.push(work);
  }

  /** Something is to be painted. */
  ask(): void {
    if (this.asked) return;
    this.asked = true;
    const wait = this.lastMs + SPACING_MS - performance.now();
    // A timer of less than a frame would only be late.
    if (wait > 8) setTimeout(() => requestAnimationFrame(this.paint), wait - 4);
    else requestAnimationFrame(this.paint);
  }

  private readonly paint = (): void => {
    this.asked = false;
    this.lastMs = performance.now();
    for (const work of this.works) work(this.lastMs);
  };
}
