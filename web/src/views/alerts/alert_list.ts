// The list of alerts, and what a firing shows: a toast, a notification, a sound.

import { conditionText, firedText } from "../../alerts/conditions.ts";
import type { Context } from "../../app/context.ts";
import { stamp } from "../../core/format.ts";
import type { AlertRow, Fired } from "../../protocol/desk_messages.ts";
import { byId, el, icon, setIcon } from "../common/dom.ts";
import { beep } from "./sound.ts";

/** Late firings arrive one by one; those within this time are shown together. */
const GATHER_MS = 300;
const MAX_NAMED = 4;
/** The server does not report that a held alert is armed again, so the list is polled. */
const REFRESH_MS = 5000;
const NONE = "No alerts. Type a price, or Shift-click the chart. Alerts work while this page is closed.";
const POLL_ONLY = "Alerts are not available over long polling.";

export class AlertList {
  private late: Fired[] = [];
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private refreshing: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly context: Context) {
    const { alerts, settings } = context;
    byId("mute").addEventListener("click", () => context.set({ muted: !settings.value.muted }));
    settings.watch(({ muted }) => {
      setIcon(byId("mute"), muted ? "muted" : "sound");
      byId("mute").setAttribute("aria-label", muted ? "Unmute the sound" : "Mute the sound");
      byId("mute").title = muted ? "Sound off" : "Sound on";
    });
    alerts.onFired = (fired, isLate) => {
      if (isLate) this.gather(fired);
      else this.ring(firedText(fired.symbol, fired.when, fired.value), fired.id);
      this.show();
      this.refresh();
    };
    alerts.onForgotten = (rows) => {
      const act = (): void => rows.forEach((row) => alerts.rearm(row));
      context.stickyToast(`The server lost ${rows.length === 1 ? "an alert" : `${rows.length} alerts`} in a restart.`, Date.now(), { label: "Set again", act });
    };
    // Other clients may have changed the alerts.
    addEventListener("focus", () => this.refresh());
    setInterval(() => {
      if (!document.hidden && alerts.rows.value.some(({ state }) => state === "held")) alerts.refresh();
    }, REFRESH_MS);
    for (const signal of [alerts.rows, alerts.availability, alerts.error, settings]) (signal as typeof alerts.rows).onChange(() => this.show());
    this.show();
  }

  /** Refresh the list, once for alerts that fire at the same time. */
  private refresh(): void {
    clearTimeout(this.refreshing);
    this.refreshing = setTimeout(() => this.context.alerts.refresh(), GATHER_MS);
  }

  private ring(text: string, tag: Fired["id"], staysSince?: number): void {
    if (staysSince === undefined) this.context.toast(text);
    else this.context.stickyToast(text, staysSince);
    if (!this.context.settings.value.muted) beep();
    if ("Notification" in window && Notification.permission === "granted") {
      try {
        new Notification(text, { tag: `ticker-${tag}`, icon: "/static/favicon.svg", silent: true });
      } catch {
        // Some phones allow notifications only from service workers; the toast is enough.
      }
    }
  }

  private gather(fired: Fired): void {
    this.late.push(fired);
    clearTimeout(this.gathering);
    this.gathering = setTimeout(() => {
      const late = this.late.splice(0);
      const { zone } = this.context.settings.value;
      const named = late.slice(-MAX_NAMED).map(({ symbol, when, value, ts }) => `${firedText(symbol, when, value, "was")} at ${stamp(ts / 1e6, "clock", zone)}`);
      const more = late.length - named.length + late.reduce((sum, { lost = 0 }) => sum + lost, 0);
      this.ring(`While you were away: ${named.join("; ")}${more > 0 ? `; and ${more} earlier` : ""}`, "late", Date.now());
    }, GATHER_MS);
  }

  private show(): void {
    const { alerts, stream } = this.context;
    const items = alerts.availability.value === "no" ? [] : alerts.rows.value.toReversed().map((row) => this.item(row));
    const empty = alerts.availability.value !== "no" ? NONE : stream.transportName === "poll" ? POLL_ONLY : alerts.error.value || "This server has no alerts.";
    byId("alert-list").replaceChildren(...(items.length > 0 ? items : [el("li", { class: "none" }, empty)]));
  }

  private item(row: AlertRow): HTMLElement {
    const { alerts, selected } = this.context;
    const { id, symbol, when, state } = row;
    const name = `${symbol} ${conditionText(when)}`;
    const status = this.statusText(row);
    const text = el("button", { type: "button", class: "text", title: status }, el("span", {}, el("b", {}, symbol), ` ${conditionText(when)}`), el("small", {}, status));
    text.addEventListener("click", () => (selected.value = symbol));
    const buttons = [button("remove", "close", `Remove the alert ${name}`, () => alerts.remove(row))];
    if (state === "fired") buttons.unshift(button("again", "again", `Rearm: ${name}`, () => alerts.rearm(row)));
    return el("li", { "data-alert": String(id), "data-state": state }, text, ...buttons);
  }

  private statusText({ id, once, state, count = 0 }: AlertRow): string {
    const firing = this.context.alerts.firing(id);
    const at = firing ? ` ${stamp(firing.ms, "clock", this.context.settings.value.zone)}` : "";
    if (state === "fired") return `fired${at}`;
    const each = once ? "" : `, each time${count > 0 ? `: ${count}×${at}` : ""}`;
    return (state === "held" ? "held until the value moves back" : "waiting") + each;
  }
}

function button(kind: string, picture: string, label: string, act: () => void): HTMLElement {
  const made = el("button", { type: "button", class: `flat ${kind}`, "aria-label": label, title: label }, icon(picture));
  made.addEventListener("click", act);
  return made;
}
