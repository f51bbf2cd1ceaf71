// When to paint: in the browser's frames, but at most 20 times a second, and only if something changed. A screen of a
// thousand moving prices costs what is painted of it, not what arrives.

const SHORTEST_MS = 50;
/** However seldom prices are asked for, trades and bars come in between. */
const LONGEST_MS = 100;

type Work = (nowMs: number) => void;

export class Painter {
  private readonly early: Work[] = [];
  private readonly works: Work[] = [];
  private spacingMs = LONGEST_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private frame: number | undefined;
  private lastMs = -Infinity;
  private isEarly = false;
  /** Whether some early work wants another painting after this one. */
  private again = false;

  /** Called at each painting. */
  add(work: Work): void {
    this.works.push(work);
  }

  /** Called just before each painting: what asks for a frame by itself gets the same one. */
  addEarly(work: Work): void {
    this.early.push(work);
  }

  /** Paint no oftener than prices come: `rate` a second, 0 for all of them. */
  keepPace(rate: number): void {
    this.spacingMs = rate === 0 ? SHORTEST_MS : Math.min(LONGEST_MS, Math.max(SHORTEST_MS, 1000 / rate));
  }

  /** Something is to be painted; at once, if it is the user's doing. */
  ask(urgent = false): void {
    if (this.frame !== undefined) {
      this.again ||= this.isEarly;
      return;
    }
    const wait = urgent ? 0 : this.lastMs + this.spacingMs - performance.now();
    // A timer of less than a frame would only be late.
    if (wait <= 8) {
      clearTimeout(this.timer);
      this.begin();
    } else this.timer ??= setTimeout(this.begin, wait - 4);
  }

  private readonly begin = (): void => {
    this.timer = undefined;
    this.frame = requestAnimationFrame(this.paint);
    const nowMs = performance.now();
    this.isEarly = true;
    for (const work of this.early) work(nowMs);
    this.isEarly = false;
  };

  private readonly paint = (): void => {
    this.frame = undefined;
    this.lastMs = performance.now();
    for (const work of this.works) work(this.lastMs);
    if (this.again) {
      this.again = false;
      this.ask();
    }
  };
}
