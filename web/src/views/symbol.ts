// What stands above and below the chart: the chosen symbol, its price, its quote and its day; and the intervals.

import { change, changePercent } from "../columns.ts";
import type { Context } from "../context.ts";
import { average, NOTHING, percent, price, short, signed, size } from "../format.ts";
import { INTERVALS, type Interval } from "../protocol.ts";
import { DEFAULTS } from "../settings.ts";
import { el, mark, need, write } from "./dom.ts";

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
/** A symbol that is only passed by with the arrow keys is not asked for. */
const SETTLING_MS = 120;
const SPACING_MS = 200;
/** So many minutes make a picture. */
const FEW = 3;

export class SymbolView {
  private readonly values: HTMLElement[] = [];
  private paintedMs = -Infinity;
  private painted: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly context: Context) {
    const { selected, settings, painter, held } = context;
    for (const [label] of STATS) {
      const value = el("dd", {}, NOTHING);
      this.values.push(value);
      need("stats").append(el("div", {}, el("dt", {}, label), value));
    }
    for (const interval of INTERVALS) {
      const button = el("button", { type: "button", "data-interval": interval }, interval);
      button.addEventListener("click", () => context.set({ interval }));
      need("intervals").append(button);
    }
    // A market that has just begun has seconds, and no minutes yet. Who has been here before has what was there then.
    if (context.isFirst) {
      context.live.historyCame = (count) => {
        context.live.historyCame = null;
        if (count < FEW && settings.value.interval === DEFAULTS.interval) context.set({ interval: "1s" });
      };
    }
    settings.watch(({ interval }) => {
      for (const button of need("intervals").children) button.setAttribute("aria-pressed", String((button as HTMLElement).dataset["interval"] === interval));
      this.choose();
    });
    selected.onChange(() => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.choose(), this.context.live.bars.symbol === null ? 0 : SETTLING_MS);
      painter.ask(true);
    });
    held.onChange(() => painter.ask());
    painter.add((nowMs) => {
      // Read, not watched: eyes are slower than prices.
      if (nowMs - this.paintedMs < SPACING_MS && selected.value === this.painted) return painter.ask();
      this.paintedMs = nowMs;
      this.paint();
    });
  }

  /** The next shorter or longer interval. */
  step(by: -1 | 1): void {
    const at = INTERVALS.indexOf(this.context.settings.value.interval);
    const interval: Interval | undefined = INTERVALS[at + by];
    if (interval) this.context.set({ interval });
  }

  private choose(): void {
    this.context.live.choose(this.context.selected.value, this.context.settings.value.interval);
  }

  private paint(): void {
    const symbol = this.context.selected.value;
    this.painted = symbol;
    const row = symbol === null ? undefined : this.context.live.board.shown(symbol);
    const values = row?.values ?? {};
    write(need("symbol"), symbol ?? NOTHING);
    write(need("now-last"), price(values["last"]));
    mark(need("now-last"), "way", row?.tick === 1 ? "up" : row?.tick === -1 ? "down" : "");
    const difference = change(row);
    write(need("now-change"), difference === null ? "" : `${signed(difference)}  ${percent(changePercent(row))}`);
    mark(need("now-change"), "way", !difference ? "" : difference > 0 ? "up" : "down");
    const { bid, ask, bid_size: bidSize, ask_size: askSize } = values;
    write(need("bid"), price(bid));
    write(need("ask"), price(ask));
    write(need("bid-size"), size(bidSize));
    write(need("ask-size"), size(askSize));
    const share = (bidSize ?? 0) / ((bidSize ?? 0) + (askSize ?? 0) || 1);
    need("balance").hidden = !bidSize && !askSize;
    need("balance").style.setProperty("--share", share.toFixed(2));
    STATS.forEach(([, field, text], at) => write(this.values[at]!, text(values[field])));
  }
}
