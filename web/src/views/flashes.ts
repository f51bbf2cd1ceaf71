// Cells that changed a moment ago. They are marked, and unmarked in the painting after their time; no animation runs,
// for a hundred of them at once would keep the browser painting between the paintings.

import { calm, mark } from "./dom.ts";

const LASTING_MS = 350;

export class Flashes {
  private readonly until = new Map<HTMLElement, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ask: () => void) {}

  start(cell: HTMLElement, way: number, nowMs: number): void {
    if (calm.matches) return;
    mark(cell, "flash", way > 0 ? "up" : "down");
    this.until.set(cell, nowMs + LASTING_MS);
  }

  stop(cell: HTMLElement): void {
    if (this.until.delete(cell)) delete cell.dataset["flash"];
  }

  /** Unmark those whose time is over. */
  end(nowMs: number): void {
    for (const [cell, until] of this.until) {
      if (until > nowMs) continue;
      this.until.delete(cell);
      delete cell.dataset["flash"];
    }
    if (this.until.size > 0 && this.timer === undefined) {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.ask();
      }, LASTING_MS / 3);
    }
  }
}
