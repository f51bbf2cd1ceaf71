// The form that sets an alert. A price is enough; other fields and conditions are behind "More".

import { type Comparison, COMPARISON_TEXT, COMPARISONS, conditionTowards, type Field, FIELD_TEXT, FIELDS, parseLevel, SIGNS, whenOf } from "../../alerts/conditions.ts";
import type { Context } from "../../app/context.ts";
import { price } from "../../core/format.ts";
import { changePercent } from "../../watchlist/columns.ts";
import { byId, el, setText } from "../common/dom.ts";

/** "At or above" or "at or below", depending on the current value. */
const REACHES = "reaches";
const OFFLINE = "Not connected: alerts are set on the server";
const WAITING = "Waiting for the server…";

/** The form's input. */
interface AlertInput {
  symbol: string;
  field: Field;
  comparison: string;
  level: number;
  once: boolean;
  hysteresis: number | null;
  /** The text of the level's box. */
  typed: string;
}

export class AlertForm {
  private readonly level = byId<HTMLInputElement>("alert-level");
  private readonly field = byId<HTMLSelectElement>("alert-field");
  private readonly comparison = byId<HTMLSelectElement>("alert-comparison");
  private readonly each = byId<HTMLInputElement>("alert-each");
  private readonly back = byId<HTMLInputElement>("alert-back");
  /** Submitted on an open connection before the server has listed the alerts. */
  private early: AlertInput | null = null;

  constructor(private readonly context: Context) {
    const { alerts, selected, stream } = context;
    this.field.append(...FIELDS.map((field) => el("option", { value: field }, FIELD_TEXT[field])));
    this.comparison.append(...[REACHES, ...COMPARISONS].map((each) => el("option", { value: each }, comparisonText(each))));
    byId("alert-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    // The current value is a placeholder, not a default: an alert at it would fire at once.
    this.level.addEventListener("focus", () => {
      const now = this.current(this.context.selected.value ?? "", this.selectedField);
      this.level.placeholder = this.selectedField === "last" && now !== null ? price(now) : FIELD_TEXT[this.selectedField];
      this.level.select();
    });
    this.field.addEventListener("change", () => this.clear());
    this.each.addEventListener("change", () => (this.back.disabled = !this.each.checked));
    selected.onChange(() => this.clear());
    alerts.error.watch((text) => this.showError(text));
    alerts.availability.watch((availability) => {
      byId("alert-form").hidden = availability === "no";
      if (availability !== "unknown") this.settle(availability === "yes");
    });
    stream.connectionState.onChange(({ kind }) => {
      if (kind !== "open") this.settle(false);
    });
    this.clear();
  }

  /** Set an alert for the last price of the selected symbol. */
  addPrice(level: number): void {
    this.set("last", REACHES, level, true, null);
  }

  private get selectedField(): Field {
    return FIELDS[this.field.selectedIndex] ?? "last";
  }

  private submit(): void {
    const field = this.selectedField;
    const { last, low, bid } = this.context.stream.board.row(this.context.selected.value ?? "")?.values ?? {};
    const mayBeNegative = [last, low, bid].some((value) => (value ?? 1) <= 0);
    const level = parseLevel(this.level.value, field, mayBeNegative);
    if (level === null) return this.showError(field === "change_pct" || (mayBeNegative && field !== "volume") ? "Enter a number" : "Enter a number above 0");
    const hysteresis = this.back.value.trim() === "" || !this.each.checked ? null : parseLevel(this.back.value);
    if (hysteresis === null && this.each.checked && this.back.value.trim() !== "") return this.showError("Back by: enter a number above 0");
    this.set(field, this.comparison.value, level, !this.each.checked, hysteresis);
  }

  private set(field: Field, comparison: string, level: number, once: boolean, hysteresis: number | null): void {
    const { alerts, selected, stream } = this.context;
    const symbol = selected.value;
    if (symbol === null) return this.showError("Select a symbol first");
    const input: AlertInput = { symbol, field, comparison, level, once, hysteresis, typed: this.level.value };
    if (alerts.availability.value === "yes") this.send(input);
    else if (stream.connectionState.value.kind === "open") {
      this.early = input;
      this.showError(WAITING);
    } else return this.showError(OFFLINE);
    // Browsers allow this request only after a user gesture.
    if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
  }

  /** Send the early input, or report that it can't be sent; then its text is still in the box. */
  private settle(isAvailable: boolean): void {
    const input = this.early;
    this.early = null;
    if (input === null) return;
    if (isAvailable) this.send(input);
    else this.showError(OFFLINE);
  }

  private send({ symbol, field, comparison, level, once, hysteresis, typed }: AlertInput): void {
    const { alerts } = this.context;
    if (alerts.rows.value.length >= alerts.maxAlerts) return this.showError(`Maximum reached: ${alerts.maxAlerts} alerts`);
    const condition = comparison === REACHES ? conditionTowards(field, level, this.current(symbol, field)) : { field, comparison: comparison as Comparison, level };
    alerts.set(newId(), symbol, whenOf(condition), once, hysteresis);
    if (this.level.value === typed) this.level.value = "";
    this.showError("");
  }

  private current(symbol: string, field: Field): number | null {
    const row = this.context.stream.board.row(symbol);
    return field === "change_pct" ? changePercent(row) : (row?.values[field] ?? null);
  }

  private clear(): void {
    this.level.value = "";
    this.level.placeholder = this.selectedField === "last" ? "Price" : FIELD_TEXT[this.selectedField];
    this.showError("");
  }

  private showError(text: string): void {
    setText(byId("alert-error"), text);
  }
}

function comparisonText(comparison: string): string {
  if (comparison === REACHES || comparison === "crosses") return comparison;
  return `${SIGNS[comparison as Comparison]} is ${COMPARISON_TEXT[comparison as Comparison]}`;
}

/** Unique among all windows and programs of the owner. */
function newId(): string {
  return `web-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
}
