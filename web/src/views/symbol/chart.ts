// The chart of the selected symbol: candles, volume, the crosshair's values, and alerts as lines.

import {
  CandlestickSeries,
  createChartEx,
  createSeriesMarkers,
  CrosshairMode,
  HistogramSeries,
  type CandlestickData,
  type HistogramData,
  LineStyle,
  type IChartApiBase,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { conditionOf } from "../../alerts/conditions.ts";
import type { Context } from "../../app/context.ts";
import { digitsOf, percent, percentChange, price, short } from "../../core/format.ts";
import type { Palette } from "../../core/palette.ts";
import type { MarketCalendar } from "../../market/calendar.ts";
import { type Bar, ratioText, splitBars, summary } from "../../market/bars.ts";
import { secondsOf } from "../../market/intervals.ts";
import { byId, setData, setText } from "../common/dom.ts";
import { TimeScale } from "./time_scale.ts";

/** A candle moves by less than a pixel in this time; drawing more often costs a tenth of a core. */
const SPACING_MS = 300;
const SUMMARY_MS = 5000;
/** Bars visible at first. */
const VISIBLE_BARS = 110;
/** Fewer bars do not fill the width: they are at the right edge. */
const MIN_WIDTH_BARS = 60;
/** Within this many bars of the first one, older bars are fetched. */
const FETCH_MARGIN = 15;
const AFTER_TAP_MS = 80;
/** Fields whose alerts are drawn on the price scale. */
const PRICE_FIELDS = new Set<string>(["last", "bid", "ask"]);

export class Chart {
  private readonly panel = byId("chart");
  private readonly box = byId("canvas");
  private readonly scale = new TimeScale();
  private readonly chart: IChartApiBase<Time>;
  private readonly candles: ISeriesApi<"Candlestick">;
  private readonly volumes: ISeriesApi<"Histogram">;
  private readonly splits: ISeriesMarkersPluginApi<Time>;
  private lines: IPriceLine[] = [];
  private drawn = { generation: -1, rewrites: -1, time: -Infinity, count: 0, fitted: false };
  /** The bars drawn; while the display is paused the channel has newer ones. */
  private bars: readonly Bar[] = [];
  private lastBar: Bar | undefined;
  /** Whether the time scale has other marks than those drawn. */
  private isRescaled = false;
  private hovered: number | null = null;
  private paintedMs = -Infinity;
  private summedMs = -Infinity;
  private digits = 0;

  constructor(
    private readonly context: Context,
    atPrice: (price: number) => void,
  ) {
    this.chart = createChartEx(this.box, this.scale.behavior, {
      autoSize: true,
      // The library's logo needs inline styles, which the content security policy forbids: index.html has a link instead.
      layout: { attributionLogo: false, fontSize: 11 },
      crosshair: { mode: CrosshairMode.Normal },
      timeScale: { rightOffset: 6, secondsVisible: true, timeVisible: true },
      localization: { locale: "en-GB", dateFormat: "dd MMM 'yy", timeFormatter: (time: Time) => this.scale.text(Number(time)) },
      handleScale: { axisPressedMouseMove: true },
    });
    this.candles = this.chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.volumes = this.chart.addSeries(HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    this.splits = createSeriesMarkers<Time>(this.candles);
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
      // A chart that is not full of bars has no older ones.
      if (range && range.from < FETCH_MARGIN && this.drawn.count > VISIBLE_BARS && this.drawn.generation === context.stream.bars.generation) void context.stream.fetchOlder();
    });
    // The legend ends before the price scale, whose width depends on the prices.
    this.chart.timeScale().subscribeSizeChange((width) => (byId("ohlc").style.right = `${this.box.clientWidth - width + 12}px`));
    context.palette.watch((palette) => this.applyPalette(palette));
    for (const signal of [context.settings, context.feedInfo]) (signal as typeof context.settings).onChange(() => context.painter.request());
    context.alerts.rows.watch(() => this.drawAlerts());
    context.selected.onChange(() => {
      this.drawAlerts();
      // On a phone the chart opens under the finger that tapped the row, and would show a crosshair there.
      setTimeout(() => this.chart.clearCrosshairPosition(), AFTER_TAP_MS);
    });
    context.painter.addEarly((nowMs) => this.paint(nowMs));
  }

  private applyPalette(palette: Palette): void {
    this.chart.applyOptions({
      layout: { background: { color: palette.panel }, textColor: palette.muted, fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { vertLines: { color: palette.grid }, horzLines: { color: palette.grid } },
      rightPriceScale: { borderColor: palette.line },
      timeScale: { borderColor: palette.line },
      crosshair: {
        vertLine: { color: palette.muted, labelBackgroundColor: palette.accent },
        horzLine: { color: palette.muted, labelBackgroundColor: palette.accent },
      },
    });
    const { up, down } = palette;
    this.candles.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
    this.drawn.rewrites = -1;
    this.drawAlerts();
    this.context.painter.request();
  }

  private drawAlerts(): void {
    for (const line of this.lines) this.candles.removePriceLine(line);
    this.lines = [];
    for (const { symbol, when, state } of this.context.alerts.rows.value) {
      const condition = conditionOf(when);
      if (symbol !== this.context.selected.value || state === "fired" || !condition || !PRICE_FIELDS.has(condition.field)) continue;
      const options = { price: condition.level, color: this.context.palette.value.alert, lineStyle: LineStyle.Dashed, lineWidth: 1, title: "alert" } as const;
      this.lines.push(this.candles.createPriceLine(options));
    }
  }

  private paint(nowMs: number): void {
    const { stream, paused } = this.context;
    const { series, generation } = stream.bars;
    const isNew = generation !== this.drawn.generation;
    if (this.scale.set(this.calendar, this.context.settings.value.zone, stream.bars.interval)) {
      this.isRescaled = true;
      this.chart.applyOptions({}); // discards the labels
    }
    // Paused: keep the drawing, but draw a newly selected symbol once.
    if (paused.value && !isNew && this.drawn.fitted) {
      if (this.isRescaled) this.drawAll(this.bars);
      return;
    }
    if (this.isRescaled) this.drawn.rewrites = -1;
    const changed = series.rewrites !== this.drawn.rewrites || series.last !== this.lastBar || isNew;
    if (!changed && nowMs - this.summedMs < SUMMARY_MS) return this.showMessage();
    if (nowMs - this.paintedMs < SPACING_MS) {
      if (changed) this.context.painter.request();
      return;
    }
    this.paintedMs = nowMs;
    this.bars = [...series.all];
    if (isNew) this.drawn.fitted = false;
    if (isNew || series.rewrites !== this.drawn.rewrites) this.drawAll(series.all);
    else if (changed) this.drawLast(series.all);
    this.drawn.generation = generation;
    this.drawn.count = series.all.length;
    this.drawn.rewrites = series.rewrites;
    this.lastBar = series.last;
    this.legend();
    this.showMessage();
    setData(this.panel, "symbol", stream.bars.symbol ?? "");
    setData(this.panel, "interval", stream.bars.interval);
    setData(this.panel, "bars", String(series.all.length));
    if (nowMs - this.summedMs >= SUMMARY_MS || isNew) {
      this.summedMs = nowMs;
      const text = summary(stream.bars.symbol ?? "", stream.bars.interval, series.all, (time) => this.scale.text(time), price);
      setText(byId("summary"), text);
    }
  }

  private drawAll(bars: readonly Bar[]): void {
    this.setDigits(Math.max(0, ...bars.slice(-VISIBLE_BARS).map(({ close }) => digitsOf(close))) || 2);
    const range = this.isRescaled && this.drawn.fitted ? this.chart.timeScale().getVisibleLogicalRange() : null;
    // The library keeps the marks of bars that it has.
    if (this.isRescaled) for (const each of [this.candles, this.volumes]) each.setData([]);
    this.isRescaled = false;
    this.candles.setData(bars.map((bar) => this.candle(bar)));
    this.volumes.setData(bars.map((bar) => this.volume(bar)));
    if (range) this.chart.timeScale().setVisibleLogicalRange(range);
    this.drawSplits(bars);
    this.drawn.time = bars.at(-1)?.time ?? -Infinity;
    // Fit again if the first bars were live ones that arrived before the history.
    if (bars.length > 0 && (!this.drawn.fitted || this.drawn.count < 3)) {
      this.drawn.fitted = true;
      const seconds = secondsOf(this.context.stream.bars.interval) % 60 > 0;
      this.chart.applyOptions({ timeScale: { secondsVisible: seconds } });
      this.candles.priceScale().applyOptions({ autoScale: true });
      this.chart.timeScale().setVisibleLogicalRange({ from: bars.length - Math.max(MIN_WIDTH_BARS, Math.min(VISIBLE_BARS, bars.length + 2)), to: bars.length + 5 });
    }
  }

  /** Set the decimals of the price scale. */
  private setDigits(digits: number): void {
    if (digits === this.digits) return;
    this.digits = digits;
    this.candles.applyOptions({ priceFormat: { type: "price", precision: digits, minMove: 10 ** -digits } });
  }

  /** Update the last bar drawn, and add those after it. */
  private drawLast(bars: readonly Bar[]): void {
    let from = bars.length - 1;
    while (from > 0 && bars[from - 1]!.time >= this.drawn.time) from--;
    for (const bar of bars.slice(from)) {
      this.setDigits(Math.max(this.digits, digitsOf(bar.close)));
      this.candles.update(this.candle(bar));
      this.volumes.update(this.volume(bar));
      this.drawn.time = bar.time;
    }
  }

  private candle({ time, open, high, low, close, incomplete }: Bar): CandlestickData {
    const { muted } = this.context.palette.value;
    return { time: time as UTCTimestamp, open, high, low, close, ...(incomplete ? { color: muted, wickColor: muted } : {}) };
  }

  private volume({ time, open, close, volume, incomplete }: Bar): HistogramData {
    const { value: palette } = this.context.palette;
    return { time: time as UTCTimestamp, value: volume, color: incomplete ? palette.line : palette[close >= open ? "up-soft" : "down-soft"] };
  }

  private drawSplits(bars: readonly Bar[]): void {
    const { series, interval } = this.context.stream.bars;
    const splits = splitBars(bars, series.splits, secondsOf(interval));
    const { alert } = this.context.palette.value;
    this.splits.setMarkers(splits.map(({ time, ratio }) => ({ time: time as UTCTimestamp, position: "aboveBar", shape: "arrowDown", color: alert, text: `split ${ratioText(ratio)}` })));
    setData(this.panel, "splits", splits.map(({ ratio }) => ratioText(ratio)).join(" "));
  }

  private get calendar(): MarketCalendar {
    const { calendar, calendars } = this.context.feedInfo.value;
    return calendars.get(this.context.stream.bars.symbol ?? "") ?? calendar;
  }

  private showMessage(): void {
    const { bars } = this.context.stream;
    const message = byId("chart-message");
    message.hidden = bars.series.all.length > 0;
    if (!message.hidden) setText(message, bars.error ?? bars.hint ?? (bars.symbol === null ? "No symbol is selected." : "No bars yet. The first trade creates one."));
  }

  private legend(): void {
    const { bars } = this;
    const bar = (this.hovered === null ? undefined : bars.findLast(({ time }) => time === this.hovered)) ?? bars.at(-1);
    const node = byId("ohlc");
    if (!bar) return setText(node, "");
    const change = percentChange(bar.close, bar.open);
    setData(node, "way", bar.close > bar.open ? "up" : bar.close < bar.open ? "down" : "");
    const values = { O: price(bar.open), H: price(bar.high), L: price(bar.low), C: price(bar.close), "": percent(change), V: short(bar.volume) };
    const time = this.hovered === null ? "" : `${this.scale.text(bar.time)}   `;
    const missing = bar.incomplete ? "   incomplete: trades are missing" : "";
    setText(node, time + Object.entries(values).map(([name, value]) => `${name} ${value}`.trim()).join("   ") + missing);
    setData(node, "incomplete", bar.incomplete ? "yes" : "");
  }
}
