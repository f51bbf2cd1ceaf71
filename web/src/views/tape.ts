// The trades of the chosen symbol, newest first.

import type { Context } from "../context.ts";
import { price, size, stamp, type Zone } from "../format.ts";
import type { Tick } from "../ticks.ts";
import { el, mark, need, way, write } from "./dom.ts";

const SHOWN = 40;
const SPACING_MS = 300;

export class Tape {
  private readonly list = need("ticks");
  private paintedMs = -Infinity;
  private newest = -1;
  private symbol: string | null = null;
  private zone = "";

  constructor(private readonly context: Context) {
    context.painter.add((nowMs) => this.paint(nowMs));
  }

  private paint(nowMs: number): void {
    const { live, held, settings } = this.context;
    const { trades, symbol, lost } = live.ticks;
    const newest = trades.at(-1)?.number ?? 0;
    const another = symbol !== this.symbol;
    const { zone } = settings.value;
    if (newest === this.newest && !another && zone === this.zone) return;
    if (held.value && !another && this.newest > 0) return;
    if (nowMs - this.paintedMs < SPACING_MS) {
      this.context.painter.ask();
      return;
    }
    this.paintedMs = nowMs;
    // What is there stays: only new lines are written, above the others.
    const isSame = !another && zone === this.zone && newest > this.newest;
    const fresh = isSame ? trades.filter(({ number }) => number > this.newest) : trades;
    if (!isSame) this.list.replaceChildren();
    this.newest = newest;
    this.symbol = symbol;
    this.zone = zone;
    const biggest = trades.reduce((most, tick) => Math.max(most, tick.size), 1);
    this.list.prepend(...fresh.slice(-SHOWN).reverse().map((tick) => this.line(tick, biggest)));
    while (this.list.childElementCount > SHOWN) this.list.lastElementChild!.remove();
    write(need("tape-note"), trades.length === 0 ? "none yet" : lost > 0 ? `${lost} lost` : "");
  }

  private line(tick: Tick, biggest: number): HTMLElement {
    const time = stamp(tick.ts / 1e6, "clock", this.zone as Zone);
    const root = el("li", {}, el("span", { class: "time" }, time), el("b", {}, price(tick.price)), el("span", { class: "size" }, size(tick.size)));
    // The roots are as big as the sides of squares: one huge trade doesn't make the others vanish.
    root.style.setProperty("--share", Math.sqrt(tick.size / biggest).toFixed(2));
    way(root, tick.way);
    mark(root, "price", String(tick.price));
    if (tick.lost > 0) {
      mark(root, "lost", String(tick.lost));
      root.title = `${tick.lost} trades before this one were lost`;
    }
    return root;
  }
}
