// The trades of the selected symbol, newest first.

import type { Context } from "../../app/context.ts";
import type { Trade } from "../../client/trades_channel.ts";
import { price, size, stamp, type Zone } from "../../core/format.ts";
import { byId, el, setData, setDirection, setPrice, setText } from "../common/dom.ts";

const MAX_LINES = 40;
const SPACING_MS = 300;

export class TradeList {
  private readonly list = byId("ticks");
  private paintedMs = -Infinity;
  private newest = -1;
  private symbol: string | null = null;
  private zone = "";

  constructor(private readonly context: Context) {
    context.painter.add((nowMs) => this.paint(nowMs));
  }

  private paint(nowMs: number): void {
    const { stream, paused, settings } = this.context;
    const { trades, symbol, lost } = stream.trades;
    const newest = trades.at(-1)?.number ?? 0;
    const isNew = symbol !== this.symbol;
    const { zone } = settings.value;
    if (newest === this.newest && !isNew && zone === this.zone) return;
    if (paused.value && !isNew && this.newest > 0) return;
    if (nowMs - this.paintedMs < SPACING_MS) {
      this.context.painter.request();
      return;
    }
    this.paintedMs = nowMs;
    // Lines are not rewritten: new ones are inserted above.
    const isSame = !isNew && zone === this.zone && newest > this.newest;
    const fresh = isSame ? trades.filter(({ number }) => number > this.newest) : trades;
    if (!isSame) this.list.replaceChildren();
    this.newest = newest;
    this.symbol = symbol;
    this.zone = zone;
    const biggest = trades.reduce((max, trade) => Math.max(max, trade.size), 1);
    this.list.prepend(...fresh.slice(-MAX_LINES).reverse().map((trade) => this.line(trade, biggest)));
    while (this.list.childElementCount > MAX_LINES) this.list.lastElementChild!.remove();
    setText(byId("tape-note"), trades.length === 0 ? "no trades yet" : lost > 0 ? `${lost} lost` : "");
  }

  private line(trade: Trade, biggest: number): HTMLElement {
    const time = stamp(trade.ts / 1e6, "clock", this.zone as Zone);
    const shown = el("b");
    setPrice(shown, price(trade.price));
    const line = el("li", {}, el("span", { class: "time" }, time), shown, el("span", { class: "size" }, size(trade.size)));
    // The square root keeps small trades visible beside a huge one.
    line.style.setProperty("--share", Math.sqrt(trade.size / biggest).toFixed(2));
    setDirection(line, trade.direction);
    setData(line, "price", String(trade.price));
    if (trade.lost > 0) {
      setData(line, "lost", String(trade.lost));
      line.title = `${trade.lost} trades before this one were lost`;
    }
    return line;
  }
}
