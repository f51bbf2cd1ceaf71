// A row of the watchlist. Writes only cells that changed, and flashes them.

import { price } from "../../core/format.ts";
import type { Row } from "../../market/board.ts";
import type { Column } from "../../watchlist/columns.ts";
import { el, icon, setData, setDirection } from "../common/dom.ts";
import type { Flashes } from "./flashes.ts";

/** Columns that flash. Volume only grows, and changes repeat the last price. */
const FLASHING = new Set(["last", "bid", "ask", "low", "high"]);
/** Longer names are truncated. Truncation costs time in every frame, so it is for these only. */
const LONG_NAME = 8;
/** Longer prices use a smaller font. */
const LONG_PRICE = 9;
/** The widths of a digit and of a dot or comma in the smaller font, and of all that is beside the text, in px. */
const DIGIT_PX = 6.8;
const DOT_PX = 3.5;
const BESIDE_PX = 14;
/** The sign of the last price's direction. */
const SIGN_PX = 9;

/** Minimum interval between writes of a column. The last price is written at every paint. */
const MEDIUM_MS = 190;
const SLOW_MS = 480;
const MEDIUM = new Set(["bid", "ask", "change", "change_pct"]);

/** The width of the range's track, in px. */
const TRACK_PX = 54;

interface Cell {
  column: Column;
  pace: "every" | "medium" | "slow";
  node: HTMLElement;
  value: number | null;
  /** The text node, kept here because reading the DOM costs more than writing it. */
  text: Text;
  /** Whether the smaller font is used. */
  isTight: boolean;
  flashes: boolean;
  /** The direction that the style sheet draws as a sign, which costs no layout. */
  direction: number;
  /** The marker on a range's track. */
  point: HTMLElement | null;
}

export class RowView {
  readonly root = el("div", { role: "row", class: "row" });
  readonly cells: Cell[];
  index = -1;
  private shown: Row | undefined;
  private note: string | undefined;
  private mediumMs = -Infinity;
  private slowMs = -Infinity;

  constructor(
    readonly symbol: string,
    columns: readonly Column[],
    private readonly flashes: Flashes,
    removable: boolean,
    /** Called with the width that a column needs for a long price. */
    private readonly needsWidth: (field: string, px: number) => void,
  ) {
    this.root.id = `row-${encodeURIComponent(symbol)}`;
    this.root.dataset["symbol"] = symbol;
    this.cells = columns.map((column) => this.cell(column, removable));
  }

  private cell(column: Column, removable: boolean): Cell {
    const node = el("div", { role: column.kind === "symbol" ? "rowheader" : "gridcell", "data-field": column.field, class: `cell ${column.kind}` });
    const pace = column.field === "last" ? "every" : MEDIUM.has(column.field) ? "medium" : "slow";
    const cell: Cell = { column, pace, node, value: null, text: new Text(), isTight: false, flashes: FLASHING.has(column.field), direction: 0, point: null };
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
    name.classList.toggle("long", this.symbol.length > LONG_NAME);
    node.append(name);
    if (!removable) return;
    node.append(el("button", { type: "button", class: "remove", tabindex: -1, "aria-label": `Remove ${this.symbol}`, title: "Remove" }, icon("close")));
  }

  place(index: number, height: number): void {
    if (index === this.index) return;
    this.index = index;
    // Not a transform: each would be another layer to composite in every frame.
    this.root.style.top = `${index * height}px`;
    this.root.setAttribute("aria-rowindex", String(index + 2)); // row 1 is the header
  }

  select(selected: boolean): void {
    const text = String(selected);
    if (this.root.getAttribute("aria-selected") !== text) this.root.setAttribute("aria-selected", text);
  }

  /** Write the cells that changed and are due; `whole`: all that changed. True if any is left for later. */
  paint(row: Row | undefined, nowMs: number, clockMs: number, note: string | undefined, whole: boolean): boolean {
    const isDue = {
      every: true,
      medium: whole || nowMs - this.mediumMs >= MEDIUM_MS,
      slow: whole || nowMs - this.slowMs >= SLOW_MS,
    };
    if (isDue.medium) this.mediumMs = nowMs;
    if (isDue.slow) this.slowMs = nowMs;
    let isLeft = false;
    const isNew = this.shown === undefined || row === undefined;
    this.shown = row;
    if (note !== this.note) {
      this.note = note;
      setData(this.root, "note", note ?? "");
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
        if (cell.text.data !== text) cell.text.data = text;
        const isTight = (column.kind === "price" || column.kind === "signed") && text.length > LONG_PRICE;
        if (isTight) this.needsWidth(column.field, widthOf(text, column.field === "last"));
        if (isTight !== cell.isTight) {
          cell.isTight = isTight;
          cell.node.classList.toggle("tight", isTight);
        }
      }
      if (column.kind === "signed") showDirection(cell, value ?? 0);
      // As the flash: the direction since the last paint; at first, that of the last trade.
      if (column.field === "last") showDirection(cell, isNew || difference === 0 ? (row?.tick ?? 0) : difference);
    }
    return isLeft;
  }

  private paintRange(node: HTMLElement, point: HTMLElement, value: number | null): void {
    point.hidden = value === null;
    if (value === null) return;
    const left = `${Math.round(value * TRACK_PX)}px`;
    if (point.style.left === left) return;
    point.style.left = left;
    const { low, high } = this.shown?.values ?? {};
    node.title = `${Math.round(value * 100)}% between the day's low ${price(low)} and high ${price(high)}`;
  }

  remove(): void {
    for (const { node } of this.cells) this.flashes.stop(node);
    this.root.remove();
  }
}

function widthOf(text: string, hasSign: boolean): number {
  const dots = text.match(/[.,]/g)?.length ?? 0;
  return Math.ceil((text.length - dots) * DIGIT_PX + dots * DOT_PX + BESIDE_PX + (hasSign ? SIGN_PX : 0));
}

function showDirection(cell: Cell, by: number): void {
  const direction = Math.sign(by);
  if (direction === cell.direction) return;
  cell.direction = direction;
  setDirection(cell.node, direction);
}
