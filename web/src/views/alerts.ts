// Price alerts: a form, a list, and what happens when one is reached: words, a notification, a sound.

import { type Alert, newAlert, reached, typedPrice } from "../alerts.ts";
import type { Context } from "../context.ts";
import { price, stamp } from "../format.ts";
import { el, icon, need, setIcon } from "./dom.ts";
import { beep } from "./sound.ts";

export class Alerts {
  private readonly input = need<HTMLInputElement>("alert-price");

  constructor(private readonly context: Context) {
    const { alerts, settings, selected } = context;
    need("alert-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const value = typedPrice(this.input.value);
      if (value !== null) this.add(value);
      else context.say("An alert needs a price above 0");
    });
    // The price of now is a hint, and not what is in the box: an alert at it would ring at once.
    this.input.addEventListener("focus", () => {
      const last = this.last(selected.value ?? "");
      this.input.placeholder = last === null ? "Price" : price(last);
      this.input.select();
    });
    selected.onChange(() => {
      this.input.value = "";
      this.input.placeholder = "Price";
    });
    need("mute").addEventListener("click", () => context.set({ muted: !settings.value.muted }));
    settings.watch(({ muted }) => {
      setIcon(need("mute"), muted ? "muted" : "sound");
      need("mute").setAttribute("aria-label", muted ? "Unmute the sound" : "Mute the sound");
      need("mute").title = muted ? "The sound is muted" : "A sound is played";
    });
    alerts.watch(() => this.show());
    // With each message, and not now and then: a price that was reached for a moment was reached.
    context.heard = () => this.check();
    settings.onChange(() => this.show());
    need("alert-list").addEventListener("click", (event) => this.clicked(event.target as Element));
  }

  add(at: number): void {
    const { alerts, selected, say } = { ...this.context, say: (text: string) => this.context.say(text) };
    const symbol = selected.value;
    if (symbol === null) return say("Choose a symbol first");
    const id = alerts.value.reduce((most, alert) => Math.max(most, alert.id), 0) + 1;
    alerts.value = [...alerts.value, newAlert(id, symbol, at, this.last(symbol))];
    this.input.value = "";
    // Asked here, because browsers want it to follow from what the user did.
    if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
  }

  /** Whether any is reached by what the board has now; also while the picture is held or hidden. */
  check(): void {
    const { alerts } = this.context;
    if (alerts.value.length === 0) return;
    const hit = reached(alerts.value, (symbol) => this.last(symbol));
    if (hit.length === 0) return;
    const nowMs = Date.now();
    alerts.value = alerts.value.map((alert) => (hit.includes(alert) ? { ...alert, reachedMs: nowMs } : alert));
    for (const alert of hit) this.ring(alert);
  }

  private last(symbol: string): number | null {
    return this.context.live.board.row(symbol)?.values["last"] ?? null;
  }

  private ring(alert: Alert): void {
    const text = `${alert.symbol} is ${alert.side === "above" ? "at or above" : "at or below"} ${price(alert.price)}`;
    this.context.say(text);
    if (!this.context.settings.value.muted) beep();
    if ("Notification" in window && Notification.permission === "granted") {
      try {
        new Notification(text, { tag: `ticker-${alert.id}`, icon: "/static/favicon.svg", silent: true });
      } catch {
        // Some phones allow notifications only to service workers; the words on the page remain.
      }
    }
  }

  private clicked(target: Element): void {
    const id = Number(target.closest<HTMLElement>("[data-alert]")?.dataset["alert"]);
    const alert = this.context.alerts.value.find((each) => each.id === id);
    if (!alert) return;
    if (target.closest(".remove")) this.context.alerts.value = this.context.alerts.value.filter((each) => each !== alert);
    else this.context.selected.value = alert.symbol;
  }

  private show(): void {
    const { alerts, settings } = this.context;
    const items = alerts.value.toReversed().map((alert) => {
      const when = alert.reachedMs === null ? "waits" : `reached ${stamp(alert.reachedMs, "clock", settings.value.zone)}`;
      const sign = alert.side === "above" ? "≥" : "≤";
      const text = el("button", { type: "button", class: "text" }, el("b", {}, alert.symbol), ` ${sign} ${price(alert.price)} `, el("small", {}, when));
      const remove = el("button", { type: "button", class: "remove", "aria-label": `Remove the alert of ${alert.symbol} at ${price(alert.price)}` }, icon("close"));
      return el("li", { "data-alert": alert.id, "data-reached": alert.reachedMs !== null }, text, remove);
    });
    need("alert-list").replaceChildren(...(items.length > 0 ? items : [el("li", { class: "none" }, "A price to wait for: type it, or Shift-click the chart.")]));
  }
}
