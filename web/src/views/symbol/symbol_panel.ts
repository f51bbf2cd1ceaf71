// Above and below the chart: the selected symbol, its price, quote and day's statistics, and the intervals.

import type { Context } from "../../app/context.ts";
import type { ShortestInterval } from "../../app/shortest_interval.ts";
import { average, NO_VALUE, percent, price, short, signed, size } from "../../core/format.ts";
import { nextInterval } from "../../market/intervals.ts";
import { INTERVALS } from "../../protocol/messages.ts";
import { change, changePercent } from "../../watchlist/columns.ts";
import { byId, el, setData, setPrice, setText } from "../common/dom.ts";

const STATS = [
  ["Open", "open", price],
  ["Prev.", "prev_close", price],
  ["High", "high", price],
  ["Low", "low", price],
  ["VWAP", "vwap", average],
  ["Last size", "last_size", size],
  ["Volume", "volume", short],
  ["Trades", "trades", short],
] as const;
/** While arrow keys repeat, subscribe only to the last symbol. */
const SETTLE_MS = 120;
const SPACING_MS = 200;

export class SymbolPanel {
  private readonly values: HTMLElement[] = [];
  private paintedMs = -Infinity;
  private painted: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly context: Context,
    private readonly shortest: ShortestInterval,
  ) {
    const { selected, settings, painter, paused } = context;
    for (const [label] of STATS) {
      const value = el("dd", {}, NO_VALUE);
      this.values.push(value);
      byId("stats").append(el("div", {}, el("dt", {}, label), value));
    }
    const buttons = INTERVALS.map((interval) => {
      const button = el("button", { type: "button", "data-interval": interval }, interval);
      button.addEventListener("click", () => this.choice(interval));
      return button;
    });
    byId("intervals").prepend(...buttons);
    settings.watch(({ interval }) => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset["interval"] === interval));
      this.choose();
    });
    selected.onChange(() => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.choose(), this.context.stream.bars.symbol === null ? 0 : SETTLE_MS);
      painter.request(true);
    });
    paused.onChange(() => painter.request());
    painter.add((nowMs) => {
      // Faster changes than this can't be read.
      if (nowMs - this.paintedMs < SPACING_MS && selected.value === this.painted) return painter.request();
      this.paintedMs = nowMs;
      this.paint();
    });
  }

  /** The next shorter or longer interval that is always offered. */
  step(by: -1 | 1): void {
    this.choice(nextInterval(INTERVALS, this.context.settings.value.interval, by));
  }

  /** The user chooses an interval. */
  private choice(interval: string): void {
    this.shortest.chosen();
    this.context.set({ interval });
  }

  private choose(): void {
    this.context.stream.choose(this.context.selected.value, this.context.settings.value.interval);
  }

  private paint(): void {
    const symbol = this.context.selected.value;
    this.painted = symbol;
    const row = symbol === null ? undefined : this.context.stream.board.shown(symbol);
    const values = row?.values ?? {};
    setText(byId("symbol"), symbol ?? NO_VALUE);
    setPrice(byId("now-last"), price(values["last"]));
    setData(byId("now-last"), "way", row?.tick === 1 ? "up" : row?.tick === -1 ? "down" : "");
    const difference = change(row);
    setText(byId("now-change"), difference === null ? "" : `${signed(difference)}  ${percent(changePercent(row))}`);
    setData(byId("now-change"), "way", !difference ? "" : difference > 0 ? "up" : "down");
    const { bid, ask, bid_size: bidSize, ask_size: askSize } = values;
    setPrice(byId("bid"), price(bid));
    setPrice(byId("ask"), price(ask));
    setText(byId("bid-size"), size(bidSize));
    setText(byId("ask-size"), size(askSize));
    const bidShare = (bidSize ?? 0) / ((bidSize ?? 0) + (askSize ?? 0) || 1);
    byId("balance").hidden = !bidSize && !askSize;
    byId("balance").style.setProperty("--share", bidShare.toFixed(2));
    const texts = STATS.map(([, field, text]) => text(values[field]));
    texts.forEach((text, at) => setText(this.values[at]!, text));
    const isLong = texts.some((text) => text.length > 10);
    setData(byId("stats"), "long", isLong ? "yes" : "");
    // One column may need scrolling, also with the keyboard.
    byId("stats").tabIndex = isLong ? 0 : -1;
  }
}
