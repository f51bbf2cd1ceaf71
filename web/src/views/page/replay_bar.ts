// Replay controls: play, pause, step, speed, and a slider to seek. They control the server's replay for all clients.

import type { Context } from "../../app/context.ts";
import { speedText } from "../../app/status_text.ts";
import { positionMs, type ReplayAction, type ReplayStatus, SPEEDS, statusFrom } from "../../client/replay.ts";
import { stamp } from "../../core/format.ts";
import { fetchJson, HttpError } from "../../core/http.ts";
import { byId, el, setData, setIcon, setText } from "../common/dom.ts";

const POLL_MS = 1000;
/** While arrow keys repeat on the slider, seek only after the last one. */
const SETTLE_MS = 180;

export class ReplayBar {
  private readonly bar = byId("replay");
  private readonly slider = byId<HTMLInputElement>("replay-slider");
  private dragging = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Increases with each request: answers to older ones are discarded. */
  private generation = 0;

  constructor(private readonly context: Context) {
    byId("replay-play").addEventListener("click", () => void this.toggle());
    byId("replay-step").addEventListener("click", () => void this.act({ action: "step" }));
    for (const speed of SPEEDS) {
      const button = el("button", { type: "button", "data-speed": speed }, speedText(speed));
      button.addEventListener("click", () => void this.act({ action: "speed", speed }));
      byId("replay-speeds").append(button);
    }
    this.slider.addEventListener("input", () => {
      this.dragging = true;
      this.paintClock(Number(this.slider.value));
    });
    this.slider.addEventListener("change", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.seek(), SETTLE_MS);
    });
    context.replay.watch((status) => this.paint(status));
    context.painter.add(() => this.paintPosition());
    context.isReplay.onChange(() => void this.poll());
    setInterval(() => void this.poll(), POLL_MS);
  }

  private async toggle(): Promise<void> {
    const status = this.context.replay.value;
    if (!status) return;
    const { state, first } = status;
    if (state === "ended") await this.act({ action: "seek", to: first });
    await this.act({ action: state === "playing" ? "pause" : "resume" });
  }

  private async poll(): Promise<void> {
    if (!this.context.isReplay.value) {
      this.context.replay.value = null;
      return;
    }
    if (document.hidden || this.context.stream.connectionState.value.kind !== "open") return;
    const generation = ++this.generation;
    try {
      const status = statusFrom(await fetchJson("/v1/replay"));
      if (generation === this.generation) this.context.replay.value = status;
    } catch (error) {
      // 404: the feed is not a replay. Other failures are the connection's.
      if (error instanceof HttpError && error.status === 404 && generation === this.generation) this.context.replay.value = null;
    }
  }

  private async act(action: ReplayAction): Promise<void> {
    const generation = ++this.generation;
    try {
      const status = statusFrom(await fetchJson("/v1/replay", action));
      if (generation === this.generation) this.context.replay.value = status;
    } catch (error) {
      this.context.toast(`Replay: ${(error as Error).message}`);
    }
  }

  private seek(): void {
    const status = this.context.replay.value;
    this.dragging = false;
    if (!status) return;
    const to = Math.round(status.first + Number(this.slider.value) * 1e6);
    void this.act({ action: "seek", to: Math.min(to, status.last) });
  }

  private paint(status: ReplayStatus | null): void {
    this.bar.hidden = status === null;
    document.body.classList.toggle("has-replay", status !== null);
    if (!status) return;
    setData(this.bar, "replay", status.state);
    const isPlaying = status.state === "playing";
    const play = byId("replay-play");
    setIcon(play, isPlaying ? "pause" : "play");
    play.setAttribute("aria-label", isPlaying ? "Pause replay" : "Play");
    play.title = isPlaying ? "Pause the replay for all clients" : status.state === "ended" ? "Play from the beginning" : "Play";
    for (const button of byId("replay-speeds").children) {
      button.setAttribute("aria-pressed", String(Number((button as HTMLElement).dataset["speed"]) === status.speed));
    }
    const length = (status.last - status.first) / 1e6;
    this.slider.max = String(Math.max(1, Math.round(length)));
    this.slider.step = "any";
    const { zone } = this.context.settings.value;
    const form = length > 86_400_000 ? "day" : "minute";
    setText(byId("replay-first"), stamp(status.first / 1e6, form, zone));
    setText(byId("replay-last"), stamp(status.last / 1e6, form, zone));
    this.paintPosition();
  }

  private paintPosition(): void {
    const status = this.context.replay.value;
    if (!status || this.dragging) return;
    const position = positionMs(status, this.context.paused.value ? 0 : this.context.stream.board.newestTs);
    const text = String(Math.round(position));
    setData(this.bar, "position", String(BigInt(Math.round(status.first + position * 1e6))));
    if (this.slider.value !== text) this.slider.value = text;
    this.paintClock(position);
  }

  private paintClock(position: number): void {
    const status = this.context.replay.value;
    if (!status) return;
    const clock = stamp(status.first / 1e6 + position, "full", this.context.settings.value.zone);
    setText(byId("replay-clock"), clock);
    if (this.slider.getAttribute("aria-valuetext") !== clock) this.slider.setAttribute("aria-valuetext", clock);
    this.slider.style.setProperty("--part", String(position / Number(this.slider.max)));
  }
}
