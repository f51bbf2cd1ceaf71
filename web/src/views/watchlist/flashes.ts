// Marks cells that changed a moment ago, and clears the mark at a later paint. A CSS animation in a hundred cells would
// make the browser paint every frame.

import { reducedMotion } from "../common/dom.ts";

const DURATION_MS = 350;

interface Flash {
  direction: number;
  untilMs: number;
}

export class Flashes {
  private readonly cells = new Map<HTMLElement, Flash>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly requestPaint: () => void) {}

  start(cell: HTMLElement, by: number, nowMs: number): void {
    if (reducedMotion.matches) return;
    const direction = Math.sign(by);
    const untilMs = nowMs + DURATION_MS;
    const flash = this.cells.get(cell);
    if (flash?.direction === direction) {
      flash.untilMs = untilMs;
      return;
    }
    this.cells.set(cell, { direction, untilMs });
    cell.dataset["flash"] = direction > 0 ? "up" : "down";
  }

  stop(cell: HTMLElement): void {
    if (this.cells.delete(cell)) delete cell.dataset["flash"];
  }

  /** Clear the marks that have expired. */
  end(nowMs: number): void {
    for (const [cell, { untilMs }] of this.cells) if (untilMs <= nowMs) this.stop(cell);
    if (this.cells.size > 0 && this.timer === undefined) {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.requestPaint();
      }, DURATION_MS / 3);
    }
  }
}
