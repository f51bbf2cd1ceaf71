// The alerts: a list, and what happens when one fires: words, a notification, a sound.

import { inShort, sentence } from "../alerts.ts";
import type { Context } from "../context.ts";
import type { AlertRow, Fired } from "../deskwords.ts";
import { stamp } from "../format.ts";
import { el, icon, need, setIcon } from "./dom.ts";
import { beep } from "./sound.ts";

/** What fired meanwhile comes one by one; it is told in one go. */
const GATHERING_MS = 300;
const MOST_NAMED = 4;
/** The server doesn't tell by itself that an alert that was held waits again. */
const ASKING_MS = 5000;
const NONE = "A price to wait for: type it, or Shift-click the chart. It is watched also while this page is closed.";
const OVER_POLLS = "Alerts don’t come through this network: it lets only prices through.";

export class Alerts {
  private late: Fired[] = [];
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private asking: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly context: Context) {
    const { alerts, settings } = context;
    need("mute").addEventListener("click", () => context.set({ muted: !settings.value.muted }));
    settings.watch(({ muted }) => {
      setIcon(need("mute"), muted ? "muted" : "sound");
      need("mute").setAttribute("aria-label", muted ? "Unmute the sound" : "Mute the sound");
      need("mute").title = muted ? "The sound is muted" : "A sound is played";
    });
    alerts.fired = (fired, isLate) => {
      if (isLate) this.gather(fired);
      else this.ring(sentence(fired.symbol, fired.when, fired.value), fired.id);
      this.show();
      this.ask();
    };
    alerts.forgotten = (rows) => {
      const act = (): void => rows.forEach((row) => alerts.again(row));
      context.announce(`The server has forgotten ${rows.length === 1 ? "an alert" : `${rows.length} alerts`}.`, Date.now(), { label: "Set again", act });
    };
    // Other windows and programs may have changed them.
    addEventListener("focus", () => this.ask());
    setInterval(() => {
      if (!document.hidden && alerts.rows.value.some(({ state }) => state === "held")) alerts.refresh();
    }, ASKING_MS);
    for (const signal of [alerts.rows, alerts.offer, alerts.refusal, settings]) (signal as typeof alerts.rows).onChange(() => this.show());
    this.show();
  }

  /** What became of them; once, however many fire at the same time. */
  private ask(): void {
    clearTimeout(this.asking);
    this.asking = setTimeout(() => this.context.alerts.refresh(), GATHERING_MS);
  }

  private ring(text: string, tag: Fired["id"], staysSince?: number): void {
    if (staysSince === undefined) this.context.say(text);
    else this.context.announce(text, staysSince);
    if (!this.context.settings.value.muted) beep();
    if ("Notification" in window && Notification.permission === "granted") {
      try {
        new Notification(text, { tag: `ticker-${tag}`, icon: "/static/favicon.svg", silent: true });
      } catch {
        // Some phones allow notifications only to service workers; the words on the page remain.
      }
    }
  }

  private gather(fired: Fired): void {
    this.late.push(fired);
    clearTimeout(this.gathering);
    this.gathering = setTimeout(() => {
      const late = this.late.splice(0);
      const { zone } = this.context.settings.value;
      const named = late.slice(-MOST_NAMED).map(({ symbol, when, value, ts }) => `${sentence(symbol, when, value, "was")} at ${stamp(ts / 1e6, "clock", zone)}`);
      const more = late.length - named.length + late.reduce((sum, { lost = 0 }) => sum + lost, 0);
      this.ring(`While you were away: ${named.join("; ")}${more > 0 ? `; and ${more} more before` : ""}`, "late", Date.now());
    }, GATHERING_MS);
  }

  private show(): void {
    const { alerts, live } = this.context;
    const items = alerts.offer.value === "no" ? [] : alerts.rows.value.toReversed().map((row) => this.item(row));
    const why = alerts.offer.value !== "no" ? NONE : live.transport === "poll" ? OVER_POLLS : alerts.refusal.value || "This server keeps no alerts.";
    need("alert-list").replaceChildren(...(items.length > 0 ? items : [el("li", { class: "none" }, why)]));
  }

  private item(row: AlertRow): HTMLElement {
    const { alerts, selected } = this.context;
    const { id, symbol, when, state } = row;
    const name = `${symbol} ${inShort(when)}`;
    const words = this.stateWords(row);
    const text = el("button", { type: "button", class: "text", title: words }, el("span", {}, el("b", {}, symbol), ` ${inShort(when)}`), el("small", {}, words));
    text.addEventListener("click", () => (selected.value = symbol));
    const buttons = [button("remove", "close", `Remove the alert ${name}`, () => alerts.remove(row))];
    if (state === "fired") buttons.unshift(button("again", "again", `Watch again: ${name}`, () => alerts.again(row)));
    return el("li", { "data-alert": String(id), "data-state": state }, text, ...buttons);
  }

  private stateWords({ id, once, state, count = 0 }: AlertRow): string {
    const firing = this.context.alerts.firing(id);
    const at = firing ? ` ${stamp(firing.ms, "clock", this.context.settings.value.zone)}` : "";
    if (state === "fired") return `fired${at}`;
    const each = once ? "" : `, each time${count > 0 ? `: ${count}×${at}` : ""}`;
    return (state === "held" ? "held until it goes back" : "waiting") + each;
  }
}

function button(kind: string, picture: string, label: string, act: () => void): HTMLElement {
  const made = el("button", { type: "button", class: `quiet ${kind}`, "aria-label": label, title: label }, icon(picture));
  made.addEventListener("click", act);
  return made;
}
