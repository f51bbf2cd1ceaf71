// The watchlist: only the rows that are seen exist, and only those that changed are painted.

import { columnsOf, type Column } from "../columns.ts";
import type { Context } from "../context.ts";
import { currentList, moved, putBack, remove, reorder } from "../lists.ts";
import { Order } from "../order.ts";
import { calm, el, narrow, need, tiny, write } from "./dom.ts";
import { Dragging } from "./dragging.ts";
import { Flashes } from "./flashes.ts";
import { head } from "./head.ts";
import { RowView } from "./row.ts";
import { Sparklines, WIDTH } from "./sparklines.ts";

const HEIGHT = 30;
/** Rows that are touched need to be higher. */
const TOUCH_HEIGHT = 46;
const NARROW = ["symbol", "spark", "last", "change_pct"];
/** Rows beyond the edge, so that scrolling shows no gap. */
const SPARE = 4;

export class Watchlist {
  readonly order = new Order();
  private readonly table = need("table");
  private readonly body = el("div", { role: "rowgroup", class: "rows" });
  private readonly flashes: Flashes;
  private readonly sparklines = new Sparklines();
  private readonly views = new Map<string, RowView>();
  /** Symbols of which something that changed is still to be written. */
  private readonly later = new Set<string>();
  private from = 0;
  private to = 0;
  private seenFrom = 0;
  private seenTo = 0;
  /** Where the column of sparklines begins, in px; null if there is none. */
  private sparksLeft: number | null = null;
  private columns: Column[] = [];
  private removable = true;
  private height = HEIGHT;
  private all = true;
  /** Whether the chosen symbol's row is to be scrolled to. */
  private reveals = false;
  private wholeMs = 0;
  private heldMs = 0;

  constructor(private readonly context: Context) {
    const { painter, settings, lists, names, selected, palette, held } = context;
    this.flashes = new Flashes(() => painter.ask());
    painter.add((nowMs) => this.paint(nowMs));
    this.table.addEventListener("scroll", () => this.ask(), { passive: true });
    new ResizeObserver(() => this.ask()).observe(this.table);
    let { columns, sort } = settings.value;
    settings.onChange((now) => {
      if (now.columns !== columns || now.sort !== sort) this.rebuild();
      ({ columns, sort } = now);
    });
    for (const query of [narrow, tiny]) query.addEventListener("change", () => this.rebuild());
    for (const signal of [names, held]) (signal as typeof held).onChange(() => this.renew());
    let { current } = lists.value;
    lists.onChange((now) => {
      if ((now.current !== null) !== this.removable) this.rebuild();
      if (now.current !== current) this.renew();
      ({ current } = now);
      this.order.relist();
      this.ask();
    });
    names.onChange(() => this.count());
    held.onChange(() => (this.heldMs = Date.now()));
    selected.onChange(() => {
      this.reveals = true;
      this.ask();
    });
    palette.onChange(() => {
      this.ask();
    });
    calm.addEventListener("change", () => this.flashes.end(Infinity));
    this.rebuild();
    setInterval(() => painter.ask(), 1000);
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

  /** Choose the symbol that stands `by` rows further, or at the ends. */
  step(by: number): void {
    const { symbols } = this.order;
    if (symbols.length === 0) return;
    const at = symbols.indexOf(this.context.selected.value ?? "");
    const to = at < 0 ? 0 : Math.max(0, Math.min(symbols.length - 1, at + by));
    this.context.selected.value = symbols[to]!;
  }

  /** The symbols whose rows are there, in order. */
  get inSight(): readonly string[] {
    return this.order.symbols.slice(this.from, this.to);
  }

  get pageRows(): number {
    return Math.max(1, Math.floor(this.table.clientHeight / this.height) - 2);
  }

  /** Move a symbol to another place. What is shown becomes the list's own order. */
  move(symbol: string, to: number): void {
    const { lists, settings } = this.context;
    if (lists.value.current === null) return;
    const symbols = moved(this.order.symbols, symbol, to);
    this.order.renew();
    if (settings.value.sort) this.context.set({ sort: null });
    lists.value = reorder(lists.value, symbols);
    this.show(to);
  }

  remove(symbol: string): void {
    const { lists, selected } = this.context;
    const list = currentList(lists.value);
    if (!list) return;
    const at = this.order.symbols.indexOf(symbol);
    if (selected.value === symbol) selected.value = this.order.symbols[at + 1] ?? this.order.symbols[at - 1] ?? null;
    lists.value = remove(lists.value, symbol);
    const act = (): void => {
      lists.value = putBack(lists.value, list.name, symbol, list.symbols.indexOf(symbol));
      selected.value = symbol;
    };
    this.context.say(`${symbol} removed`, { label: "Undo", act });
  }

  /** Scroll so that this row is seen. */
  show(index: number): void {
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
    document.body.classList.add("chosen");
  }

  private ask(): void {
    this.all = true;
    this.context.painter.ask(true);
  }

  private renew(): void {
    this.order.renew();
    this.ask();
  }

  private rebuild(): void {
    const { settings, lists } = this.context;
    this.height = narrow.matches ? TOUCH_HEIGHT : HEIGHT;
    this.removable = lists.value.current !== null;
    this.columns = tiny.matches ? NARROW.map((field) => columnsOf([field]).find((column) => column.field === field)!) : columnsOf(settings.value.columns);
    for (const view of this.views.values()) view.leave();
    this.views.clear();
    this.later.clear();
    this.body.replaceChildren(this.sparklines.canvas);
    this.sparklines.stale();
    const widths = this.columns.map(({ width }) => `minmax(${width}px, ${width}fr)`).join(" ");
    this.table.style.setProperty("--widths", tiny.matches ? "minmax(84px, 1.2fr) 84px minmax(92px, 1fr) 80px" : widths);
    this.table.style.setProperty("--least", tiny.matches ? "0px" : `${this.columns.reduce((sum, { width }) => sum + width, 16)}px`);
    this.table.style.setProperty("--height", `${this.height}px`);
    this.table.setAttribute("aria-colcount", String(this.columns.length));
    // The row that it names has just gone.
    this.table.removeAttribute("aria-activedescendant");
    // Who sorts by keys stays on the column's button, though it is another one now.
    const field = document.activeElement?.closest<HTMLElement>("[role=columnheader]")?.dataset["field"];
    this.table.replaceChildren(head(this.columns, settings.value.sort, (sort) => this.context.set({ sort })), this.body);
    if (field !== undefined) this.table.querySelector<HTMLElement>(`[role=columnheader][data-field="${field}"] button`)?.focus();
    this.renew();
  }

  private paint(nowMs: number): void {
    const { live, settings, held } = this.context;
    const { board } = live;
    // Ages stand still, too, while the picture is held.
    const clockMs = held.value ? this.heldMs : Date.now();
    const row = (symbol: string) => board.shown(symbol);
    if (!held.value || this.all) {
      if (this.order.sort(() => this.context.listed(), settings.value.sort, row, nowMs)) this.ordered();
    }
    if (this.reveals) {
      this.reveals = false;
      const at = this.order.symbols.indexOf(this.context.selected.value ?? "");
      if (at >= 0) this.show(at);
    }
    if (nowMs - this.wholeMs >= 1000) this.all = true; // ages grow without an update
    if (this.all) {
      this.wholeMs = nowMs;
      this.layOut();
    }
    for (const [symbol, view] of this.views) {
      if (!this.all && (held.value || !this.isSeen(view) || !(board.dirty.has(symbol) || this.later.has(symbol)))) continue;
      const isLeft = view.paint(row(symbol), nowMs, clockMs, live.watch.rejected.get(symbol), this.all);
      if (isLeft) this.later.add(symbol);
      else this.later.delete(symbol);
    }
    if (this.later.size > 0) this.context.painter.ask();
    if (this.sparksLeft !== null) {
      const rows = this.order.symbols.slice(this.from, this.to).map(row);
      this.sparklines.draw(rows, this.sparksLeft, this.from * this.height, this.height, this.context.palette.value, nowMs);
    }
    this.all = false;
    board.dirty.clear();
    this.flashes.end(nowMs);
  }

  /** Rows beyond the edge are painted once a second, with all. */
  private isSeen({ index }: RowView): boolean {
    return index >= this.seenFrom && index <= this.seenTo;
  }

  private ordered(): void {
    const { length } = this.order.symbols;
    this.body.style.height = `${length * this.height}px`;
    this.table.setAttribute("aria-rowcount", String(length + 1));
    need("empty").hidden = length > 0;
    this.count();
    const { selected } = this.context;
    if (selected.value === null && length > 0) selected.value = this.order.symbols[0]!;
    this.sparklines.stale();
    this.all = true;
  }

  private count(): void {
    const { length } = this.order.symbols;
    const known = this.context.names.value.all.length;
    write(need("count"), known > length ? `${length} of ${known.toLocaleString("en-US")}` : `${length} symbol${length === 1 ? "" : "s"}`);
  }

  private measureSparks(): void {
    const cell = this.table.querySelector<HTMLElement>(".top-row .spark");
    this.sparksLeft = cell ? cell.offsetLeft + (cell.offsetWidth - WIDTH) / 2 : null;
    this.sparklines.canvas.hidden = cell === null;
  }

  /** Make rows for what is seen, and drop the others. */
  private layOut(): void {
    const { symbols } = this.order;
    const from = Math.max(0, Math.floor(this.table.scrollTop / this.height) - SPARE);
    const to = Math.min(symbols.length, Math.ceil((this.table.scrollTop + this.table.clientHeight) / this.height) + SPARE);
    const seen = new Set(symbols.slice(from, to));
    this.seenFrom = Math.floor(this.table.scrollTop / this.height);
    this.seenTo = this.seenFrom + Math.ceil(this.table.clientHeight / this.height);
    this.from = from;
    this.to = to;
    for (const [symbol, view] of this.views) {
      if (seen.has(symbol)) continue;
      view.leave();
      this.views.delete(symbol);
      this.later.delete(symbol);
    }
    const chosen = this.context.selected.value;
    for (let index = from; index < to; index++) {
      const symbol = symbols[index]!;
      let view = this.views.get(symbol);
      if (!view) {
        view = new RowView(symbol, this.columns, this.flashes, this.removable);
        this.views.set(symbol, view);
        this.body.append(view.root);
      }
      view.place(index, this.height);
      view.select(symbol === chosen);
      if (symbol === chosen) this.table.setAttribute("aria-activedescendant", view.root.id);
    }
    this.measureSparks();
    if (!seen.has(chosen ?? "")) this.table.removeAttribute("aria-activedescendant");
  }
}
