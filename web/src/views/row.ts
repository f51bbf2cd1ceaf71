// One row of the watchlist: writes only what changed, and lets what changed flash.

import type { Row } from "../board.ts";
import type { Column } from "../columns.ts";
import { el, icon, mark, way } from "./dom.ts";
import type { Flashes } from "./flashes.ts";

/** What flashes. A volume only ever grows, and a change says what the last price says. */
const FLASHING = new Set(["last", "bid", "ask", "low", "high"]);
/** Names longer than this may not fit; only they are cut off, because each cut costs something in every frame. */
const LONG = 8;
/** Prices longer than this are written smaller. */
const ROOMY = 9;
/** How often a column is written at most: the last price whenever it is painted, the rest as fast as it is read. */
const READ_MS = 190;
const SLOW_MS = 480;
const READ = new Set(["bid", "ask", "change", "change_pct"]);

/** How far the mark of a range moves, in px. */
const TRACK = 54;

interface Cell {
  column: Column;
  pace: "each" | "read" | "slow";
  node: HTMLElement;
  value: number | null;
  /** What is written. Kept here because asking the page for it would cost more than writing. */
  text: Text;
  /** Whether it is long, and written smaller. */
  isTight: boolean;
  flashes: boolean;
  /** The way that the style sheet is told: it paints the sign, which costs no layout. */
  way: number;
  /** The mark that moves along a range. */
  point: HTMLElement | null;
}

export class RowView {
  readonly root = el("div", { role: "row", class: "row" });
  readonly cells: Cell[];
  index = -1;
  private shown: Row | undefined;
  private refusal: string | undefined;
  private readMs = -Infinity;
  private slowMs = -Infinity;

  constructor(
    readonly symbol: string,
    columns: readonly Column[],
    private readonly flashes: Flashes,
    removable: boolean,
  ) {
    this.root.id = `row-${encodeURIComponent(symbol)}`;
    this.root.dataset["symbol"] = symbol;
    this.cells = columns.map((column) => this.cell(column, removable));
  }

  private cell(column: Column, removable: boolean): Cell {
    const node = el("div", { role: column.kind === "symbol" ? "rowheader" : "gridcell", "data-field": column.field, class: `cell ${column.kind}` });
    const pace = column.field === "last" ? "each" : READ.has(column.field) ? "read" : "slow";
    const cell: Cell = { column, pace, node, value: null, text: new Text(), isTight: false, flashes: FLASHING.has(column.field), way: 0, point: null };
    if (column.kind === "symbol") this.name(node, removable);
    else if (column.kind === "range") {
      cell.point = el("i", { hidden: true });
      node.append(el("span", { class: "track" }, cell.point));
    } else node.append(cell.text);
    this.root.append(node);
    return cell;
  }

  private name(node: HTMLElement, removable: boolean): void {
    const name = el("span", { class: "name", title: this.symbol }, this.symbol);
    name.classList.toggle("long", this.symbol.length > LONG);
    node.append(name);
    if (!removable) return;
    node.append(el("button", { type: "button", class: "remove", tabindex: -1, "aria-label": `Remove ${this.symbol}`, title: "Remove" }, icon("close")));
  }

  place(index: number, height: number): void {
    if (index === this.index) return;
    this.index = index;
    // Not a transform: each would be one more thing for the browser to put together in every frame.
    this.root.style.top = `${index * height}px`;
    this.root.setAttribute("aria-rowindex", String(index + 2)); // the head is the first
  }

  select(selected: boolean): void {
    const text = String(selected);
    if (this.root.getAttribute("aria-selected") !== text) this.root.setAttribute("aria-selected", text);
  }

  /** Write what changed; `whole`: all of it. True if something that changed is left for later. */
  paint(row: Row | undefined, nowMs: number, clockMs: number, refusal: string | undefined, whole: boolean): boolean {
    const isDue = {
      each: true,
      read: whole || nowMs - this.readMs >= READ_MS,
      slow: whole || nowMs - this.slowMs >= SLOW_MS,
    };
    if (isDue.read) this.readMs = nowMs;
    if (isDue.slow) this.slowMs = nowMs;
    let isLeft = false;
    const isNew = this.shown === undefined || row === undefined;
    this.shown = row;
    if (refusal !== this.refusal) {
      this.refusal = refusal;
      mark(this.root, "note", refusal ?? "");
    }
    for (const cell of this.cells) {
      const { column } = cell;
      if (column.kind === "symbol" || column.kind === "spark") continue;
      const value = column.value(row, clockMs);
      if (value === cell.value && !isNew) continue;
      if (!isDue[cell.pace] && !isNew) {
        isLeft = true;
        continue;
      }
      const difference = (value ?? 0) - (cell.value ?? 0);
      if (cell.flashes && !isNew && value !== null && cell.value !== null) this.flashes.start(cell.node, difference, nowMs);
      cell.value = value;
      if (cell.point) this.paintRange(cell.node, cell.point, value);
      else {
        const text = column.text(value);
        set(cell.text, text);
        const isTight = column.kind === "price" && text.length > ROOMY;
        if (isTight !== cell.isTight) {
          cell.isTight = isTight;
          cell.node.classList.toggle("tight", isTight);
        }
      }
      if (column.kind === "signed") tell(cell, value ?? 0);
      // As the flash: the way since what was seen last, and at first the way of the last trade.
      if (column.field === "last") tell(cell, isNew || difference === 0 ? (row?.tick ?? 0) : difference);
    }
    return isLeft;
  }

  private paintRange(node: HTMLElement, point: HTMLElement, value: number | null): void {
    point.hidden = value === null;
    if (value === null) return;
    const left = `${Math.round(value * TRACK)}px`;
    if (point.style.left === left) return;
    point.style.left = left;
    const { low, high } = this.shown?.values ?? {};
    node.title = `${Math.round(value * 100)}% of the way from ${low} to ${high}`;
  }

  leave(): void {
    for (const { node } of this.cells) this.flashes.stop(node);
    this.root.remove();
  }
}

function tell(cell: Cell, by: number): void {
  const told = Math.sign(by);
  if (told === cell.way) return;
  cell.way = told;
  way(cell.node, told);
}

function set(node: Text, text: string): void {
  if (node.data !== text) node.data = text;
}
