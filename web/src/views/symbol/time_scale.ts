// The chart's time scale: marks at trading days, and labels in the chosen zone. The chart library itself knows UTC only.

import { defaultHorzScaleBehavior, type IHorzScaleBehavior, type TickMarkWeightValue, type Time } from "lightweight-charts";
import { stamp, type Zone } from "../../core/format.ts";
import { ZoneOffset } from "../../core/zone_offset.ts";
import { type MarketCalendar, TradingDays, UTC_DAYS } from "../../market/calendar.ts";
import { isDaily } from "../../market/intervals.ts";
import { DAY, MINUTE, MONTH, type Scale, weights, YEAR } from "../../market/time_marks.ts";

const DAY_MS = 86_400_000;

export class TimeScale {
  readonly behavior: IHorzScaleBehavior<Time>;
  private scale: Scale = { days: new TradingDays(UTC_DAYS), clock: new ZoneOffset("UTC"), isDaily: false };
  private zone: Zone = "UTC";
  private shown = "";

  constructor() {
    this.behavior = new (defaultHorzScaleBehavior())();
    this.behavior.fillWeightsForPoints = (points, from) => {
      const found = weights(this.scale, points.map(({ originalTime }) => Number(originalTime)), from);
      found.forEach((weight, at) => (points[from + at]!.timeWeight = weight as TickMarkWeightValue));
    };
    this.behavior.formatTickmark = ({ originalTime, weight }) => this.label(Number(originalTime), weight);
  }

  /** Take these days, zone and interval. True if the marks are others: the chart must then be drawn again. */
  set(calendar: MarketCalendar, zone: Zone, interval: string): boolean {
    const shown = JSON.stringify([calendar, zone, isDaily(interval)]);
    if (shown === this.shown) return false;
    this.shown = shown;
    this.zone = zone;
    this.scale = { days: new TradingDays(calendar), clock: new ZoneOffset(zone), isDaily: isDaily(interval) };
    return true;
  }

  /** Of bars of a day and longer the date that names the trading day; of others date and time. */
  text(time: number): string {
    const { days, isDaily } = this.scale;
    return isDaily ? stamp(days.ofBar(time) * DAY_MS, "date", "UTC") : stamp(time * 1000, "full", this.zone);
  }

  /** The label of a mark. */
  private label(time: number, weight: number): string {
    const { days, isDaily } = this.scale;
    if (weight < DAY && !isDaily) return stamp(time * 1000, weight < MINUTE && this.behavior.options().timeScale.secondsVisible ? "clock" : "minute", this.zone);
    const form = weight >= YEAR ? "year" : weight >= MONTH ? "month" : "day";
    return stamp((isDaily ? days.ofBar(time) : days.at(time)) * DAY_MS, form, "UTC");
  }
}
