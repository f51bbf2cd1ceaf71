// How the whole is, in words and figures: the badge, latency, updates a second, gaps; and what is held.

import type { Context } from "../context.ts";
import { short } from "../format.ts";
import { stateOf } from "../state.ts";
import { mark, need, setIcon, write } from "./dom.ts";

const SPACING_MS = 250;
const WITHOUT = {
  sse: "The network lets no WebSocket through; they come as Server-Sent Events.",
  poll: "The network lets no WebSocket through; prices are asked for one by one, without trades.",
};

export class Status {
  private told = "";
  private paintedMs = -Infinity;

  constructor(private readonly context: Context) {
    const { live, held, replay, painter } = context;
    for (const signal of [live.link, live.feed, held, replay]) (signal as typeof held).onChange(() => this.paint());
    need("pause").addEventListener("click", () => (held.value = !held.value));
    held.watch((isHeld) => {
      const button = need("pause");
      setIcon(button, isHeld ? "play" : "pause");
      button.setAttribute("aria-label", isHeld ? "Resume" : "Pause");
      button.title = isHeld ? "Show the latest (Space)" : "Hold the picture (Space)";
      button.classList.toggle("on", isHeld);
    });
    setInterval(() => painter.ask(), SPACING_MS);
    painter.add((nowMs) => {
      if (nowMs - this.paintedMs >= SPACING_MS - 10) this.paint();
    });
  }

  private paint(): void {
    const { live, held, replay } = this.context;
    this.paintedMs = performance.now();
    const nowMs = Date.now();
    const state = stateOf({ link: live.link.value, wasOpen: live.wasOpen, held: held.value, feed: live.feed.value, replay: replay.value, nowMs });
    const badge = need("badge");
    mark(badge, "state", state.name);
    write(need("badge-word"), state.word);
    const by = live.transport;
    const title = by === "websocket" ? state.sentence : `${state.sentence} ${WITHOUT[by]}`;
    if (badge.title !== title) badge.title = title;
    mark(document.body, "transport", by);
    // The seconds that count down would be told one by one.
    if (state.name !== this.told) {
      this.told = state.name;
      write(need("live-state"), `${state.word.replace(/ in \d+ s$/, "")}. ${state.sentence}`);
      document.body.dataset["state"] = state.name;
    }
    const { heldUpdates } = live.board;
    need("held").hidden = !held.value;
    mark(need("held"), "held", String(held.value ? heldUpdates : 0));
    write(need("held"), `${heldUpdates.toLocaleString("en-US")} update${heldUpdates === 1 ? "" : "s"} held`);
    const isOpen = live.link.value.kind === "open";
    const latency = live.latency.ms;
    write(need("latency"), isOpen && latency !== null ? `${latency < 10 ? latency.toFixed(1) : Math.round(latency)} ms` : "–");
    const updates = live.updates.perSecond(nowMs);
    write(need("rate"), isOpen ? `${short(Math.round(updates))}/s` : "–");
    const frames = live.frames.perSecond(nowMs).toFixed(0);
    const what = `Symbols updated, trades and bars that came in a second, in ${frames} messages`;
    if (need("rate-figure").title !== what) need("rate-figure").title = what;
    write(need("gaps"), String(live.gaps));
    mark(need("gaps"), "some", live.gaps > 0 ? "yes" : "");
  }
}
