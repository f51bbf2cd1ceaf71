// The chart of the chosen symbol: candles and volume, the last one live, the crosshair's values, alerts as lines.

import {
  CandlestickSeries,
  createChart,
  CrosshairMode,
  HistogramSeries,
  LineStyle,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { conditionOf } from "../alerts.ts";
import { INTERVAL_S, summary, type Bar } from "../bars.ts";
import type { Context } from "../context.ts";
import { digitsOf, percent, price, short, stamp } from "../format.ts";
import type { Palette } from "../palette.ts";
import { mark, need, write } from "./dom.ts";

/** A candle moves slowly; drawing it oftener shows nothing more and costs a tenth of a core. */
const SPACING_MS = 300;
const SUMMARY_MS = 5000;
/** How many bars are seen at first. */
const SEEN = 110;
/** A few bars are not drawn fat: they stand at the right, where others will follow. */
const LEAST = 60;
/** So near to the first bar the older ones are fetched. */
const NEAR = 15;
const AFTER_TAP_MS = 80;
/** Fields that the chart's scale has. */
const PRICES = new Set<string>(["last", "bid", "ask"]);
const TICK_FORMS = ["year", "month", "day", "minute", "clock"] as const;

export class Chart {
  private readonly panel = need("chart");
  private readonly box = need("canvas");
  private readonly chart: IChartApi;
  private readonly candles: ISeriesApi<"Candlestick">;
  private readonly volumes: ISeriesApi<"Histogram">;
  private lines: IPriceLine[] = [];
  private drawn = { turn: -1, rewrites: -1, time: -Infinity, count: 0, fitted: false };
  /** The bars that are drawn: while the picture is held, others are there already. */
  private bars: readonly Bar[] = [];
  private lastBar: Bar | undefined;
  private hovered: number | null = null;
  private paintedMs = -Infinity;
  private summedMs = -Infinity;
  private digits = 0;

  constructor(
    private readonly context: Context,
    atPrice: (price: number) => void,
  ) {
    this.chart = createChart(this.box, {
      autoSize: true,
      // Its own picture needs inline styles, which the page's policy forbids: the link beside the chart stands for it.
      layout: { attributionLogo: false, fontSize: 11 },
      crosshair: { mode: CrosshairMode.Normal },
      timeScale: { rightOffset: 6, secondsVisible: true, timeVisible: true, tickMarkFormatter: (time: Time, kind: number) => this.time(time, TICK_FORMS[kind] ?? "minute") },
      localization: { locale: "en-GB", timeFormatter: (time: Time) => this.time(time, "full") },
      handleScale: { axisPressedMouseMove: true },
    });
    this.candles = this.chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.volumes = this.chart.addSeries(HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    this.candles.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: 0.26 } });
    this.volumes.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.chart.subscribeCrosshairMove(({ time }) => {
      this.hovered = typeof time === "number" ? time : null;
      this.legend();
    });
    this.chart.subscribeClick(({ point, sourceEvent }) => {
      const at = point && sourceEvent?.shiftKey ? this.candles.coordinateToPrice(point.y) : null;
      if (at !== null) atPrice(Number(at.toFixed(this.digits)));
    });
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      // Only what was once full of bars has older ones: a few stand at the right, with nothing before them.
      if (range && range.from < NEAR && this.drawn.count > SEEN && this.drawn.turn === context.live.bars.turn) void context.live.older();
    });
    context.palette.watch((palette) => this.dress(palette));
    context.settings.onChange(() => this.chart.applyOptions({})); // the zone may be another one
    context.alerts.rows.watch(() => this.drawAlerts());
    context.selected.onChange(() => {
      this.drawAlerts();
      // On a phone the chart opens under the finger that chose the symbol, and takes it for its own.
      setTimeout(() => this.chart.clearCrosshairPosition(), AFTER_TAP_MS);
    });
    context.painter.addEarly((nowMs) => this.paint(nowMs));
  }

  private time(time: Time, form: (typeof TICK_FORMS)[number] | "full"): string {
    // Days begin at midnight UTC, whatever the zone of the clock is.
    const zone = this.context.live.bars.interval === "1d" ? "UTC" : this.context.settings.value.zone;
    return stamp(Number(time) * 1000, form, zone);
  }

  private dress(palette: Palette): void {
    this.chart.applyOptions({
      layout: { background: { color: palette.panel }, textColor: palette.quiet, fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { vertLines: { color: palette.grid }, horzLines: { color: palette.grid } },
      rightPriceScale: { borderColor: palette.line },
      timeScale: { borderColor: palette.line },
      crosshair: {
        vertLine: { color: palette.quiet, labelBackgroundColor: palette.accent },
        horzLine: { color: palette.quiet, labelBackgroundColor: palette.accent },
      },
    });
    const { up, down } = palette;
    this.candles.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
    this.drawn.rewrites = -1;
    this.drawAlerts();
    this.context.painter.ask();
  }

  private drawAlerts(): void {
    for (const line of this.lines) this.candles.removePriceLine(line);
    this.lines = [];
    for (const { symbol, when, state } of this.context.alerts.rows.value) {
      const condition = conditionOf(when);
      if (symbol !== this.context.selected.value || state === "fired" || !condition || !PRICES.has(condition.field)) continue;
      const options = { price: condition.level, color: this.context.palette.value.alert, lineStyle: LineStyle.Dashed, lineWidth: 1, title: "alert" } as const;
      this.lines.push(this.candles.createPriceLine(options));
    }
  }

  private paint(nowMs: number): void {
    const { live, held } = this.context;
    const { series, turn } = live.bars;
    const another = turn !== this.drawn.turn;
    // Held is what was drawn; another symbol is drawn once, as it is now.
    if (held.value && !another && this.drawn.fitted) return;
    const changed = series.rewrites !== this.drawn.rewrites || series.last !== this.lastBar || another;
    if (!changed && nowMs - this.summedMs < SUMMARY_MS) return this.say();
    if (nowMs - this.paintedMs < SPACING_MS) {
      if (changed) this.context.painter.ask();
      return;
    }
    this.paintedMs = nowMs;
    this.bars = [...series.all];
    if (another) this.drawn.fitted = false;
    if (another || series.rewrites !== this.drawn.rewrites) this.drawAll(series.all);
    else if (changed) this.drawLast(series.all);
    this.drawn.turn = turn;
    this.drawn.count = series.all.length;
    this.drawn.rewrites = series.rewrites;
    this.lastBar = series.last;
    this.legend();
    this.say();
    mark(this.panel, "symbol", live.bars.symbol ?? "");
    mark(this.panel, "interval", live.bars.interval);
    mark(this.panel, "bars", String(series.all.length));
    if (nowMs - this.summedMs >= SUMMARY_MS || another) {
      this.summedMs = nowMs;
      const words = summary(live.bars.symbol ?? "", live.bars.interval, series.all, (time) => this.time(time as Time, "full"), price);
      write(need("summary"), words);
    }
  }

  private drawAll(bars: readonly Bar[]): void {
    this.scale(Math.max(0, ...bars.slice(-SEEN).map(({ close }) => digitsOf(close))) || 2);
    this.candles.setData(bars.map(candle));
    this.volumes.setData(bars.map((bar) => this.volume(bar)));
    this.drawn.time = bars.at(-1)?.time ?? -Infinity;
    // The first bar may be the live one, before the history has come.
    if (bars.length > 0 && (!this.drawn.fitted || this.drawn.count < 3)) {
      this.drawn.fitted = true;
      const seconds = INTERVAL_S[this.context.live.bars.interval] < 60;
      this.chart.applyOptions({ timeScale: { secondsVisible: seconds } });
      this.candles.priceScale().applyOptions({ autoScale: true });
      this.chart.timeScale().setVisibleLogicalRange({ from: bars.length - Math.max(LEAST, Math.min(SEEN, bars.length + 2)), to: bars.length + 5 });
    }
  }

  /** So many digits have the prices beside the chart. */
  private scale(digits: number): void {
    if (digits === this.digits) return;
    this.digits = digits;
    this.candles.applyOptions({ priceFormat: { type: "price", precision: digits, minMove: 10 ** -digits } });
  }

  /** The bar that was last, as it is now, and those that came after it. */
  private drawLast(bars: readonly Bar[]): void {
    let from = bars.length - 1;
    while (from > 0 && bars[from - 1]!.time >= this.drawn.time) from--;
    for (const bar of bars.slice(from)) {
      this.scale(Math.max(this.digits, digitsOf(bar.close)));
      this.candles.update(candle(bar));
      this.volumes.update(this.volume(bar));
      this.drawn.time = bar.time;
    }
  }

  private volume(bar: Bar): { time: UTCTimestamp; value: number; color: string } {
    const { palette } = this.context;
    return { time: bar.time as UTCTimestamp, value: bar.volume, color: palette.value[bar.close >= bar.open ? "up-soft" : "down-soft"] };
  }

  private say(): void {
    const { bars } = this.context.live;
    const message = need("chart-message");
    message.hidden = bars.series.all.length > 0;
    if (!message.hidden) write(message, bars.refusal ?? (bars.symbol === null ? "No symbol is chosen." : "No bars yet: they come with the first trade."));
  }

  private legend(): void {
    const { bars } = this;
    const bar = (this.hovered === null ? undefined : bars.findLast(({ time }) => time === this.hovered)) ?? bars.at(-1);
    const node = need("ohlc");
    if (!bar) return write(node, "");
    const change = (bar.close / bar.open - 1) * 100;
    mark(node, "way", change > 0 ? "up" : change < 0 ? "down" : "");
    const values = { O: price(bar.open), H: price(bar.high), L: price(bar.low), C: price(bar.close), "": percent(change), V: short(bar.volume) };
    const time = this.hovered === null ? "" : `${this.time(bar.time as Time, "full")}   `;
    write(node, time + Object.entries(values).map(([name, value]) => `${name} ${value}`.trim()).join("   "));
  }
}

function candle({ time, open, high, low, close }: Bar): { time: UTCTimestamp; open: number; high: number; low: number; close: number } {
  return { time: time as UTCTimestamp, open, high, low, close };
}
