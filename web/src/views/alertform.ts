// The form in which an alert is set: a price is enough; what else there is to choose stands behind "More".

import { COMPARISON_WORDS, COMPARISONS, FIELD_WORDS, FIELDS, SIGNS, towards, typedLevel, whenOf, type Comparison, type Field } from "../alerts.ts";
import { changePercent } from "../columns.ts";
import type { Context } from "../context.ts";
import { price } from "../format.ts";
import { el, need, write } from "./dom.ts";

/** From where it is now to the number, whichever way that is. */
const REACHES = "reaches";
const AWAY = "Alerts are the server’s, and it is away";
const ASKING = "Asking the server…";

/** What was filled in. */
interface Wish {
  symbol: string;
  field: Field;
  comparison: string;
  level: number;
  once: boolean;
  back: number | null;
  /** What stood in the box. */
  typed: string;
}

export class AlertForm {
  private readonly level = need<HTMLInputElement>("alert-level");
  private readonly field = need<HTMLSelectElement>("alert-field");
  private readonly comparison = need<HTMLSelectElement>("alert-comparison");
  private readonly each = need<HTMLInputElement>("alert-each");
  private readonly back = need<HTMLInputElement>("alert-back");
  /** Wanted by somebody who was quicker than the server, which is connected and has not said yet whose alerts these are. */
  private early: Wish | null = null;

  constructor(private readonly context: Context) {
    const { alerts, selected, live } = context;
    this.field.append(...FIELDS.map((field) => el("option", { value: field }, FIELD_WORDS[field])));
    this.comparison.append(...[REACHES, ...COMPARISONS].map((each) => el("option", { value: each }, words(each))));
    need("alert-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    // The value of now is a hint, and not what is in the box: an alert at it would fire at once.
    this.level.addEventListener("focus", () => {
      const now = this.now(this.context.selected.value ?? "", this.chosen);
      this.level.placeholder = this.chosen === "last" && now !== null ? price(now) : FIELD_WORDS[this.chosen];
      this.level.select();
    });
    this.field.addEventListener("change", () => this.clear());
    this.each.addEventListener("change", () => (this.back.disabled = !this.each.checked));
    selected.onChange(() => this.clear());
    alerts.refusal.watch((words) => this.complain(words));
    alerts.offer.watch((offer) => {
      need("alert-form").hidden = offer === "no";
      if (offer !== "asking") this.settle(offer === "yes");
    });
    live.link.onChange(({ kind }) => {
      if (kind !== "open") this.settle(false);
    });
    this.clear();
  }

  /** An alert for the last price of the chosen symbol, from the side on which it is now. */
  addPrice(level: number): void {
    this.set("last", REACHES, level, true, null);
  }

  private get chosen(): Field {
    return FIELDS[this.field.selectedIndex] ?? "last";
  }

  private submit(): void {
    const field = this.chosen;
    const level = typedLevel(this.level.value, field);
    if (level === null) return this.complain(field === "change_pct" ? "An alert needs a number" : "An alert needs a number above 0");
    const back = this.back.value.trim() === "" || !this.each.checked ? null : typedLevel(this.back.value);
    if (back === null && this.each.checked && this.back.value.trim() !== "") return this.complain("It goes back by a number above 0");
    this.set(field, this.comparison.value, level, !this.each.checked, back);
  }

  private set(field: Field, comparison: string, level: number, once: boolean, back: number | null): void {
    const { alerts, selected, live } = this.context;
    const symbol = selected.value;
    if (symbol === null) return this.complain("Choose a symbol first");
    const wish: Wish = { symbol, field, comparison, level, once, back, typed: this.level.value };
    if (alerts.offer.value === "yes") this.send(wish);
    else if (live.link.value.kind === "open") {
      this.early = wish;
      this.complain(ASKING);
    } else return this.complain(AWAY);
    // Asked here, because browsers want it to follow from what the user did.
    if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
  }

  /** What came early is sent now, or can't be; then it stands in the box still. */
  private settle(isOffered: boolean): void {
    const wish = this.early;
    this.early = null;
    if (wish === null) return;
    if (isOffered) this.send(wish);
    else this.complain(AWAY);
  }

  private send({ symbol, field, comparison, level, once, back, typed }: Wish): void {
    const { alerts } = this.context;
    if (alerts.rows.value.length >= alerts.most) return this.complain(`These are as many alerts as the server keeps: ${alerts.most}`);
    const condition = comparison === REACHES ? towards(field, level, this.now(symbol, field)) : { field, comparison: comparison as Comparison, level };
    alerts.set(newId(), symbol, whenOf(condition), once, back);
    if (this.level.value === typed) this.level.value = "";
    this.complain("");
  }

  private now(symbol: string, field: Field): number | null {
    const row = this.context.live.board.row(symbol);
    return field === "change_pct" ? changePercent(row) : (row?.values[field] ?? null);
  }

  private clear(): void {
    this.level.value = "";
    this.level.placeholder = this.chosen === "last" ? "Price" : FIELD_WORDS[this.chosen];
    this.complain("");
  }

  private complain(words: string): void {
    write(need("alert-error"), words);
  }
}

function words(comparison: string): string {
  if (comparison === REACHES || comparison === "crosses") return comparison;
  return `${SIGNS[comparison as Comparison]} is ${COMPARISON_WORDS[comparison as Comparison]}`;
}

/** Other windows and programs of the same owner have names of their own. */
function newId(): string {
  return `web-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
}
