// Cells that changed a moment ago. They are marked, and unmarked in the painting after their time; no animation runs,
// for a hundred of them at once would keep the browser painting between the paintings.

import { calm } from "./dom.ts";

const LASTING_MS = 350;

interface Flash {
  way: number;
  untilMs: number;
}

export class Flashes {
  private readonly cells = new Map<HTMLElement, Flash>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ask: () => void) {}

  start(cell: HTMLElement, by: number, nowMs: number): void {
    if (calm.matches) return;
    const way = Math.sign(by);
    const untilMs = nowMs + LASTING_MS;
    const flash = this.cells.get(cell);
    if (flash?.way === way) {
      flash.untilMs = untilMs;
      return;
    }
    this.cells.set(cell, { way, untilMs });
    cell.dataset["flash"] = way > 0 ? "up" : "down";
  }

  stop(cell: HTMLElement): void {
    if (this.cells.delete(cell)) delete cell.dataset["flash"];
  }

  /** Unmark those whose time is over. */
  end(nowMs: number): void {
    for (const [cell, { untilMs }] of this.cells) if (untilMs <= nowMs) this.stop(cell);
    if (this.cells.size > 0 && this.timer === undefined) {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.ask();
      }, LASTING_MS / 3);
    }
  }
}
