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
  private amendments = 0;
  private symbol: string | null = null;
  private zone = "";

  constructor(private readonly context: Context) {
    context.painter.add((nowMs) => this.paint(nowMs));
  }

  private paint(nowMs: number): void {
    const { stream, paused, settings } = this.context;
    const { trades, symbol, lost, amendments } = stream.trades;
    const newest = trades.at(-1)?.number ?? 0;
    const isNew = symbol !== this.symbol;
    const { zone } = settings.value;
    const isAmended = amendments !== this.amendments;
    if (newest === this.newest && !isNew && !isAmended && zone === this.zone) return;
    if (paused.value && !isNew && this.newest > 0) return;
    if (nowMs - this.paintedMs < SPACING_MS) {
      this.context.painter.request();
      return;
    }
    this.paintedMs = nowMs;
    // Lines are rewritten only if trades were cancelled or corrected: otherwise new ones are inserted above.
    const isSame = !isNew && !isAmended && zone === this.zone && newest > this.newest;
    const fresh = isSame ? trades.filter(({ number }) => number > this.newest) : trades;
    if (!isSame) this.list.replaceChildren();
    this.newest = newest;
    this.amendments = amendments;
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
    const said = stateOf(trade);
    const marks = el("span", { class: "marks" }, [said, ...trade.conditions].filter((each) => each !== "").join(" "));
    const line = el("li", {}, el("span", { class: "time" }, time), shown, marks, el("span", { class: "size" }, size(trade.size)));
    // The square root keeps small trades visible beside a huge one.
    line.style.setProperty("--share", Math.sqrt(trade.size / biggest).toFixed(2));
    setDirection(line, trade.direction);
    setData(line, "price", String(trade.price));
    if (said !== "") setData(line, "state", said);
    if (trade.lost > 0) setData(line, "lost", String(trade.lost));
    line.title = sentences(trade).join(" ");
    return line;
  }
}

function stateOf({ isCancelled, isLate, before }: Trade): "" | "cancelled" | "corrected" | "late" {
  return isCancelled ? "cancelled" : before ? "corrected" : isLate ? "late" : "";
}

function sentences({ isCancelled, isLate, before, conditions, lost }: Trade): string[] {
  return [
    isCancelled ? "Cancelled: it no longer counts." : "",
    before ? `Corrected; it was ${price(before.price)}, size ${size(before.size)}.` : "",
    isLate ? "Late: older than the newest trade before it." : "",
    conditions.length > 0 ? `Conditions: ${conditions.join(", ")}.` : "",
    lost > 0 ? `${lost} trades before this one were lost.` : "",
  ].filter((each) => each !== "");
}
