// The watchlist: only visible rows are in the DOM, and only rows that changed are painted.

import type { Context } from "../../app/context.ts";
import { type Column, columnsOf } from "../../watchlist/columns.ts";
import { currentList, moveSymbol, remove, reorder, restoreSymbol } from "../../watchlist/lists.ts";
import { RowOrder } from "../../watchlist/row_order.ts";
import { byId, el, narrowScreen, reducedMotion, setText, tinyScreen } from "../common/dom.ts";
import { Dragging } from "./dragging.ts";
import { Flashes } from "./flashes.ts";
import { RowView } from "./row.ts";
import { Sparklines, WIDTH } from "./sparklines.ts";
import { head } from "./table_head.ts";

const ROW_PX = 30;
/** Rows need more height for touch. */
const TOUCH_ROW_PX = 46;
const TINY_COLUMNS = ["symbol", "spark", "last", "change_pct"];
/** Rows rendered beyond each edge, so that scrolling shows no gap. */
const OVERSCAN = 4;

export class Watchlist {
  readonly order = new RowOrder();
  private readonly table = byId("table");
  private readonly body = el("div", { role: "rowgroup", class: "rows" });
  private readonly flashes: Flashes;
  private readonly sparklines = new Sparklines();
  private readonly views = new Map<string, RowView>();
  /** Symbols with changed cells that were not due at the last paint. */
  private readonly later = new Set<string>();
  private from = 0;
  private to = 0;
  private visibleFrom = 0;
  private visibleTo = 0;
  /** The left edge of the sparklines in px; null without that column. */
  private sparksLeft: number | null = null;
  private columns: Column[] = [];
  /** Columns that are wider than usual, because of long prices. */
  private readonly widened = new Map<string, number>();
  private removable = true;
  private height = ROW_PX;
  private all = true;
  /** Whether to scroll to the selected symbol at the next paint. */
  private revealsSelected = false;
  private wholeMs = 0;
  private pausedMs = 0;

  constructor(private readonly context: Context) {
    const { painter, settings, lists, names, selected, palette, paused } = context;
    this.flashes = new Flashes(() => painter.request());
    painter.add((nowMs) => this.paint(nowMs));
    this.table.addEventListener("scroll", () => this.requestPaint(), { passive: true });
    new ResizeObserver(() => this.requestPaint()).observe(this.table);
    let { columns, sort } = settings.value;
    settings.onChange((now) => {
      if (now.columns !== columns || now.sort !== sort) this.rebuild();
      ({ columns, sort } = now);
    });
    for (const query of [narrowScreen, tinyScreen]) query.addEventListener("change", () => this.rebuild());
    for (const signal of [names, paused]) (signal as typeof paused).onChange(() => this.sortAgain());
    let { current } = lists.value;
    lists.onChange((now) => {
      if ((now.current !== null) !== this.removable) this.rebuild();
      if (now.current !== current) this.sortAgain();
      if (now.current !== current && this.widened.size > 0) {
        this.widened.clear();
        this.rebuild();
      }
      ({ current } = now);
      this.order.listChanged();
      this.requestPaint();
    });
    names.onChange(() => this.count());
    paused.onChange(() => (this.pausedMs = Date.now()));
    selected.onChange(() => {
      this.revealsSelected = true;
      this.requestPaint();
    });
    palette.onChange(() => {
      this.requestPaint();
    });
    reducedMotion.addEventListener("change", () => this.flashes.end(Infinity));
    this.rebuild();
    setInterval(() => painter.request(), 1000);
    this.body.addEventListener("pointerenter", (event) => (this.order.frozen = event.pointerType === "mouse"));
    this.body.addEventListener("pointerleave", () => (this.order.frozen = false));
    this.body.addEventListener("click", (event) => this.clicked(event.target as Element));
    new Dragging(this.table, this.body, {
      index: (y) => Math.round((y - this.body.getBoundingClientRect().top) / this.height),
      canMove: () => this.removable,
      move: (symbol, to) => this.move(symbol, to > this.order.symbols.indexOf(symbol) ? to - 1 : to),
      height: () => this.height,
    });
  }

  /** Select the symbol `by` rows further, at most the first or last. */
  step(by: number): void {
    const { symbols } = this.order;
    if (symbols.length === 0) return;
    const at = symbols.indexOf(this.context.selected.value ?? "");
    const to = at < 0 ? 0 : Math.max(0, Math.min(symbols.length - 1, at + by));
    this.context.selected.value = symbols[to]!;
  }

  /** The symbols of the rendered rows, in order. */
  get rendered(): readonly string[] {
    return this.order.symbols.slice(this.from, this.to);
  }

  get pageRows(): number {
    return Math.max(1, Math.floor(this.table.clientHeight / this.height) - 2);
  }

  /** Move a symbol to an index. The displayed order becomes the list's own. */
  move(symbol: string, to: number): void {
    const { lists, settings } = this.context;
    if (lists.value.current === null) return;
    const symbols = moveSymbol(this.order.symbols, symbol, to);
    this.order.invalidate();
    if (settings.value.sort) this.context.set({ sort: null });
    lists.value = reorder(lists.value, symbols);
    this.scrollTo(to);
  }

  remove(symbol: string): void {
    const { lists, selected } = this.context;
    const list = currentList(lists.value);
    if (!list) return;
    const at = this.order.symbols.indexOf(symbol);
    if (selected.value === symbol) selected.value = this.order.symbols[at + 1] ?? this.order.symbols[at - 1] ?? null;
    lists.value = remove(lists.value, symbol);
    const act = (): void => {
      lists.value = restoreSymbol(lists.value, list.name, symbol, list.symbols.indexOf(symbol));
      selected.value = symbol;
    };
    this.context.toast(`${symbol} removed`, { label: "Undo", act });
  }

  /** Scroll until the row is visible. */
  private scrollTo(index: number): void {
    const top = index * this.height;
    const room = this.table.clientHeight - this.height;
    if (top < this.table.scrollTop) this.table.scrollTop = top;
    else if (top + this.height > this.table.scrollTop + room) this.table.scrollTop = top + this.height - room;
  }

  private clicked(target: Element): void {
    const symbol = target.closest<HTMLElement>("[data-symbol]")?.dataset["symbol"];
    if (symbol === undefined) return;
    if (target.closest(".remove")) {
      this.remove(symbol);
      return;
    }
    this.context.selected.value = symbol;
    document.body.classList.add("chart-open");
  }

  private requestPaint(): void {
    this.all = true;
    this.context.painter.request(true);
  }

  private sortAgain(): void {
    this.order.invalidate();
    this.requestPaint();
  }

  private rebuild(): void {
    const { settings, lists } = this.context;
    this.height = narrowScreen.matches ? TOUCH_ROW_PX : ROW_PX;
    this.removable = lists.value.current !== null;
    this.columns = tinyScreen.matches ? TINY_COLUMNS.map((field) => columnsOf([field]).find((column) => column.field === field)!) : columnsOf(settings.value.columns);
    for (const view of this.views.values()) view.remove();
    this.views.clear();
    this.later.clear();
    this.body.replaceChildren(this.sparklines.canvas);
    this.sparklines.invalidate();
    this.setWidths();
    this.table.style.setProperty("--height", `${this.height}px`);
    this.table.setAttribute("aria-colcount", String(this.columns.length));
    // The row it refers to was just removed.
    this.table.removeAttribute("aria-activedescendant");
    // The header is replaced: keep the focus on the same column's button.
    const field = document.activeElement?.closest<HTMLElement>("[role=columnheader]")?.dataset["field"];
    this.table.replaceChildren(head(this.columns, settings.value.sort, (sort) => this.context.set({ sort })), this.body);
    if (field !== undefined) this.table.querySelector<HTMLElement>(`[role=columnheader][data-field="${field}"] button`)?.focus();
    this.sortAgain();
  }

  private setWidths(): void {
    const widths = this.columns.map((column) => Math.max(column.width, this.widened.get(column.field) ?? 0));
    const tiny = `minmax(84px, 1.2fr) 84px minmax(${Math.max(92, this.widened.get("last") ?? 0)}px, 1fr) 80px`;
    this.table.style.setProperty("--widths", tinyScreen.matches ? tiny : widths.map((width) => `minmax(${width}px, ${width}fr)`).join(" "));
    this.table.style.setProperty("--least", tinyScreen.matches ? "0px" : `${widths.reduce((sum, width) => sum + width, 16)}px`);
  }

  /** Make room for a long price: a price that is cut off would be another one. */
  private widen(field: string, px: number): void {
    const width = this.columns.find((column) => column.field === field)?.width ?? Infinity;
    if (px <= Math.max(width, this.widened.get(field) ?? 0)) return;
    this.widened.set(field, px);
    this.setWidths();
    this.requestPaint();
  }

  private paint(nowMs: number): void {
    const { stream, settings, paused } = this.context;
    const { board } = stream;
    // A pause also stops the ages.
    const clockMs = paused.value ? this.pausedMs : Date.now();
    const row = (symbol: string) => board.shown(symbol);
    if (!paused.value || this.all) {
      if (this.order.sort(() => this.context.listed(), settings.value.sort, row, nowMs)) this.ordered();
    }
    if (this.revealsSelected) {
      this.revealsSelected = false;
      const at = this.order.symbols.indexOf(this.context.selected.value ?? "");
      if (at >= 0) this.scrollTo(at);
    }
    if (nowMs - this.wholeMs >= 1000) this.all = true; // ages change without an update
    if (this.all) {
      this.wholeMs = nowMs;
      this.layOut();
    }
    for (const [symbol, view] of this.views) {
      if (!this.all && (paused.value || !this.isVisible(view) || !(board.dirty.has(symbol) || this.later.has(symbol)))) continue;
      const isLeft = view.paint(row(symbol), nowMs, clockMs, stream.ticker.rejected.get(symbol), this.all);
      if (isLeft) this.later.add(symbol);
      else this.later.delete(symbol);
    }
    if (this.later.size > 0) this.context.painter.request();
    if (this.sparksLeft !== null) {
      const rows = this.order.symbols.slice(this.from, this.to).map(row);
      this.sparklines.draw(rows, this.sparksLeft, this.from * this.height, this.height, this.context.palette.value, nowMs);
    }
    this.all = false;
    board.dirty.clear();
    this.flashes.end(nowMs);
  }

  /** Rendered rows that are not visible are painted once a second, with all rows. */
  private isVisible({ index }: RowView): boolean {
    return index >= this.visibleFrom && index <= this.visibleTo;
  }

  private ordered(): void {
    const { length } = this.order.symbols;
    this.body.style.height = `${length * this.height}px`;
    this.table.setAttribute("aria-rowcount", String(length + 1));
    byId("empty").hidden = length > 0;
    this.count();
    const { selected } = this.context;
    if (selected.value === null && length > 0) selected.value = this.order.symbols[0]!;
    this.sparklines.invalidate();
    this.all = true;
  }

  private count(): void {
    const { length } = this.order.symbols;
    const known = this.context.names.value.all.length;
    setText(byId("count"), known > length ? `${length} of ${known.toLocaleString("en-US")}` : `${length} symbol${length === 1 ? "" : "s"}`);
  }

  private measureSparks(): void {
    const cell = this.table.querySelector<HTMLElement>(".top-row .spark");
    this.sparksLeft = cell ? cell.offsetLeft + (cell.offsetWidth - WIDTH) / 2 : null;
    this.sparklines.canvas.hidden = cell === null;
  }

  /** Create the rows that come into view and remove the others. */
  private layOut(): void {
    const { symbols } = this.order;
    const from = Math.max(0, Math.floor(this.table.scrollTop / this.height) - OVERSCAN);
    const to = Math.min(symbols.length, Math.ceil((this.table.scrollTop + this.table.clientHeight) / this.height) + OVERSCAN);
    const rendered = new Set(symbols.slice(from, to));
    this.visibleFrom = Math.floor(this.table.scrollTop / this.height);
    this.visibleTo = this.visibleFrom + Math.ceil(this.table.clientHeight / this.height);
    this.from = from;
    this.to = to;
    for (const [symbol, view] of this.views) {
      if (rendered.has(symbol)) continue;
      view.remove();
      this.views.delete(symbol);
      this.later.delete(symbol);
    }
    const chosen = this.context.selected.value;
    for (let index = from; index < to; index++) {
      const symbol = symbols[index]!;
      let view = this.views.get(symbol);
      if (!view) {
        view = new RowView(symbol, this.columns, this.flashes, this.removable, (field, px) => this.widen(field, px));
        this.views.set(symbol, view);
        this.body.append(view.root);
      }
      view.place(index, this.height);
      view.select(symbol === chosen);
      if (symbol === chosen) this.table.setAttribute("aria-activedescendant", view.root.id);
    }
    this.measureSparks();
    if (!rendered.has(chosen ?? "")) this.table.removeAttribute("aria-activedescendant");
  }
}
