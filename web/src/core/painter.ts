// Schedules painting: in animation frames, at most 20 times a second, and only if something changed. The cost depends on
// what is painted, not on what arrives.

const MIN_SPACING_MS = 50;
/** At a low price rate, trades and bars still arrive in between. */
const MAX_SPACING_MS = 100;
/** A shorter timer would only miss the next frame. */
const MIN_TIMER_MS = 8;

type Work = (nowMs: number) => void;

export class Painter {
  private readonly earlyWorks: Work[] = [];
  private readonly works: Work[] = [];
  private spacingMs = MAX_SPACING_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private frame: number | undefined;
  private lastMs = -Infinity;
  private isEarly = false;
  /** Whether early work requested another paint after this one. */
  private again = false;

  /** Call `work` at each paint. */
  add(work: Work): void {
    this.works.push(work);
  }

  /** Call `work` just before each paint: an animation frame that it requests itself is the same one. */
  addEarly(work: Work): void {
    this.earlyWorks.push(work);
  }

  /** Paint at most as often as prices arrive: `rate` per second, 0 for every update. */
  setRate(rate: number): void {
    this.spacingMs = rate === 0 ? MIN_SPACING_MS : Math.min(MAX_SPACING_MS, Math.max(MIN_SPACING_MS, 1000 / rate));
  }

  /** Request a paint; `urgent`, after a user's action, in the next frame. */
  request(urgent = false): void {
    if (this.frame !== undefined) {
      this.again ||= this.isEarly;
      return;
    }
    const wait = urgent ? 0 : this.lastMs + this.spacingMs - performance.now();
    if (wait <= MIN_TIMER_MS) {
      clearTimeout(this.timer);
      this.begin();
    } else this.timer ??= setTimeout(this.begin, wait - MIN_TIMER_MS / 2);
  }

  private readonly begin = (): void => {
    this.timer = undefined;
    this.frame = requestAnimationFrame(this.paint);
    const nowMs = performance.now();
    this.isEarly = true;
    for (const work of this.earlyWorks) work(nowMs);
    this.isEarly = false;
  };

  private readonly paint = (): void => {
    this.frame = undefined;
    this.lastMs = performance.now();
    for (const work of this.works) work(this.lastMs);
    if (this.again) {
      this.again = false;
      this.request();
    }
  };
}
