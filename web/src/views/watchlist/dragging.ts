// Reorders the watchlist by dragging rows with the mouse. The keyboard shortcuts are in `keyboard.ts`.

import { el } from "../common/dom.ts";

export interface DropTarget {
  /** The index of the gap between rows nearest to this y coordinate. */
  index(clientY: number): number;
  height(): number;
  canMove(): boolean;
  move(symbol: string, to: number): void;
}

/** A smaller movement is a click. */
const THRESHOLD_PX = 6;

export class Dragging {
  private from: { symbol: string; y: number } | null = null;
  private isDragging = false;
  private readonly line = el("div", { class: "drop", hidden: true, "aria-hidden": "true" });

  constructor(
    private readonly table: HTMLElement,
    private readonly body: HTMLElement,
    private readonly target: DropTarget,
  ) {
    body.addEventListener("pointerdown", (event) => this.down(event));
    addEventListener("pointermove", (event) => this.moveSymbol(event));
    addEventListener("pointerup", (event) => this.up(event));
    addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.end();
    });
  }

  private down(event: PointerEvent): void {
    const target = event.target as Element;
    const symbol = target.closest<HTMLElement>("[data-symbol]")?.dataset["symbol"];
    // Touch scrolls; only the mouse drags.
    if (event.button !== 0 || event.pointerType !== "mouse" || symbol === undefined || target.closest(".remove")) return;
    if (this.target.canMove()) this.from = { symbol, y: event.clientY };
  }

  private moveSymbol(event: PointerEvent): void {
    if (!this.from) return;
    if (!this.isDragging && Math.abs(event.clientY - this.from.y) < THRESHOLD_PX) return;
    if (!this.isDragging) {
      this.isDragging = true;
      this.body.append(this.line);
      this.table.classList.add("dragging");
    }
    this.line.hidden = false;
    this.line.style.transform = `translateY(${this.target.index(event.clientY) * this.target.height()}px)`;
  }

  private up(event: PointerEvent): void {
    const { from, isDragging } = this;
    this.end();
    if (!from || !isDragging) return;
    // The click event after a drag would select the row.
    addEventListener("click", (click) => click.stopPropagation(), { capture: true, once: true });
    this.target.move(from.symbol, Math.max(0, this.target.index(event.clientY)));
  }

  private end(): void {
    this.from = null;
    this.isDragging = false;
    this.line.remove();
    this.table.classList.remove("dragging");
  }
}
