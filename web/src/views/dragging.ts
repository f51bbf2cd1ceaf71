// Dragging a row of the watchlist to another place, with the mouse. Keys do it, too: see `keyboard.ts`.

import { el } from "./dom.ts";

export interface Places {
  /** The place between rows that is nearest to this height on the screen. */
  index(clientY: number): number;
  height(): number;
  canMove(): boolean;
  move(symbol: string, to: number): void;
}

/** A hand that trembles drags nothing. */
const THRESHOLD_PX = 6;

export class Dragging {
  private from: { symbol: string; y: number } | null = null;
  private isDragging = false;
  private readonly line = el("div", { class: "drop", hidden: true, "aria-hidden": "true" });

  constructor(
    private readonly table: HTMLElement,
    private readonly body: HTMLElement,
    private readonly places: Places,
  ) {
    body.addEventListener("pointerdown", (event) => this.down(event));
    addEventListener("pointermove", (event) => this.moved(event));
    addEventListener("pointerup", (event) => this.up(event));
    addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.end();
    });
  }

  private down(event: PointerEvent): void {
    const target = event.target as Element;
    const symbol = target.closest<HTMLElement>("[data-symbol]")?.dataset["symbol"];
    // A finger scrolls; it is the mouse that drags.
    if (event.button !== 0 || event.pointerType !== "mouse" || symbol === undefined || target.closest(".remove")) return;
    if (this.places.canMove()) this.from = { symbol, y: event.clientY };
  }

  private moved(event: PointerEvent): void {
    if (!this.from) return;
    if (!this.isDragging && Math.abs(event.clientY - this.from.y) < THRESHOLD_PX) return;
    if (!this.isDragging) {
      this.isDragging = true;
      this.body.append(this.line);
      this.table.classList.add("dragging");
    }
    this.line.hidden = false;
    this.line.style.transform = `translateY(${this.places.index(event.clientY) * this.places.height()}px)`;
  }

  private up(event: PointerEvent): void {
    const { from, isDragging } = this;
    this.end();
    if (!from || !isDragging) return;
    // The click that follows would choose the row.
    addEventListener("click", (click) => click.stopPropagation(), { capture: true, once: true });
    this.places.move(from.symbol, Math.max(0, this.places.index(event.clientY)));
  }

  private end(): void {
    this.from = null;
    this.isDragging = false;
    this.line.remove();
    this.table.classList.remove("dragging");
  }
}
