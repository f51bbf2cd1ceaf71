// The badge and figures: connection state, latency, updates per second, gaps, and updates pending during a pause.

import type { Context } from "../../app/context.ts";
import { stateOf } from "../../app/status_text.ts";
import { short } from "../../core/format.ts";
import { byId, setData, setIcon, setText } from "../common/dom.ts";

const SPACING_MS = 250;
const FALLBACK_TEXT = {
  sse: "WebSockets are blocked on this network: using Server-Sent Events.",
  poll: "WebSockets are blocked on this network: polling prices, without trades.",
};

export class Status {
  private announced = "";
  private paintedMs = -Infinity;

  constructor(private readonly context: Context) {
    const { stream, paused, replay, painter } = context;
    for (const signal of [stream.connectionState, stream.feed, paused, replay]) (signal as typeof paused).onChange(() => this.paint());
    byId("pause").addEventListener("click", () => (paused.value = !paused.value));
    paused.watch((isPaused) => {
      const button = byId("pause");
      setIcon(button, isPaused ? "play" : "pause");
      button.setAttribute("aria-label", isPaused ? "Resume" : "Pause");
      button.title = isPaused ? "Resume the display (Space)" : "Pause the display (Space)";
      button.classList.toggle("on", isPaused);
    });
    setInterval(() => painter.request(), SPACING_MS);
    painter.add((nowMs) => {
      if (nowMs - this.paintedMs >= SPACING_MS - 10) this.paint();
    });
  }

  private paint(): void {
    const { stream, paused, replay } = this.context;
    this.paintedMs = performance.now();
    const nowMs = Date.now();
    const state = stateOf({ connectionState: stream.connectionState.value, wasOpen: stream.wasOpen, paused: paused.value, feed: stream.feed.value, replay: replay.value, nowMs });
    const badge = byId("badge");
    setData(badge, "state", state.name);
    setText(byId("badge-word"), state.word);
    const name = stream.transportName;
    const title = name === "websocket" ? state.sentence : `${state.sentence} ${FALLBACK_TEXT[name]}`;
    if (badge.title !== title) badge.title = title;
    setData(document.body, "transport", name);
    // Announce a new state only: screen readers would read every second of the countdown.
    if (state.name !== this.announced) {
      this.announced = state.name;
      setText(byId("live-state"), `${state.word.replace(/ in \d+ s$/, "")}. ${state.sentence}`);
      document.body.dataset["state"] = state.name;
    }
    const { pendingUpdates } = stream.board;
    byId("pending").hidden = !paused.value;
    setData(byId("pending"), "pending", String(paused.value ? pendingUpdates : 0));
    setText(byId("pending"), `${pendingUpdates.toLocaleString("en-US")} update${pendingUpdates === 1 ? "" : "s"} pending`);
    const isOpen = stream.connectionState.value.kind === "open";
    const latency = stream.latency.ms;
    setText(byId("latency"), isOpen && latency !== null ? `${latency < 10 ? latency.toFixed(1) : Math.round(latency)} ms` : "–");
    const updates = stream.updates.perSecond(nowMs);
    setText(byId("rate"), isOpen ? `${short(Math.round(updates))}/s` : "–");
    const frames = stream.frames.perSecond(nowMs).toFixed(0);
    const rateTitle = `Symbol updates, trades and bars per second, in ${frames} messages`;
    if (byId("rate-figure").title !== rateTitle) byId("rate-figure").title = rateTitle;
    setText(byId("gaps"), String(stream.gaps));
    setData(byId("gaps"), "some", stream.gaps > 0 ? "yes" : "");
  }
}
