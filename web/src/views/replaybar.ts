// The replay's controls: play, pause, step, speed, and seeking by dragging. All clients of the server see one clock.

import type { Context } from "../context.ts";
import { stamp } from "../format.ts";
import { ask, Refused } from "../http.ts";
import { positionMs, SPEEDS, statusFrom, type ReplayAction, type ReplayStatus } from "../replay.ts";
import { speedWord } from "../state.ts";
import { el, mark, need, setIcon, write } from "./dom.ts";

const POLL_MS = 1000;
/** Keys that repeat ask once, when they rest. */
const SETTLING_MS = 180;

export class ReplayBar {
  private readonly bar = need("replay");
  private readonly slider = need<HTMLInputElement>("replay-slider");
  private dragging = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Grows with each question, so that an older answer doesn't overtake. */
  private turn = 0;

  constructor(private readonly context: Context) {
    need("replay-play").addEventListener("click", () => this.toggle());
    need("replay-step").addEventListener("click", () => void this.act({ action: "step" }));
    for (const speed of SPEEDS) {
      const button = el("button", { type: "button", "data-speed": speed }, speedWord(speed));
      button.addEventListener("click", () => void this.act({ action: "speed", speed }));
      need("replay-speeds").append(button);
    }
    this.slider.addEventListener("input", () => {
      this.dragging = true;
      this.paintClock(Number(this.slider.value));
    });
    this.slider.addEventListener("change", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.seek(), SETTLING_MS);
    });
    context.replay.watch((status) => this.paint(status));
    context.painter.add(() => this.paintPosition());
    context.isReplay.onChange(() => void this.poll());
    setInterval(() => void this.poll(), POLL_MS);
  }

  toggle(): void {
    const status = this.context.replay.value;
    if (!status) return;
    void this.play(status);
  }


  private async play({ state, first }: ReplayStatus): Promise<void> {
    // What is over begins again.
    if (state === "ended") await this.act({ action: "seek", to: first });
    await this.act({ action: state === "playing" ? "pause" : "resume" });
  }

  private async poll(): Promise<void> {
    if (!this.context.isReplay.value) {
      this.context.replay.value = null;
      return;
    }
    if (document.hidden || this.context.live.link.value.kind !== "open") return;
    const turn = ++this.turn;
    try {
      const status = statusFrom(await ask("/v1/replay"));
      if (turn === this.turn) this.context.replay.value = status;
    } catch (error) {
      // A server that is away is the connection's matter; one that says that it plays nothing is believed.
      if (error instanceof Refused && error.status === 404 && turn === this.turn) this.context.replay.value = null;
    }
  }

  private async act(action: ReplayAction): Promise<void> {
    const turn = ++this.turn;
    try {
      const status = statusFrom(await ask("/v1/replay", action));
      if (turn === this.turn) this.context.replay.value = status;
    } catch (error) {
      this.context.say(`Replay: ${(error as Error).message}`);
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
    mark(this.bar, "replay", status.state);
    const isPlaying = status.state === "playing";
    const play = need("replay-play");
    setIcon(play, isPlaying ? "pause" : "play");
    play.setAttribute("aria-label", isPlaying ? "Pause replay" : "Play");
    play.title = isPlaying ? "Pause the replay for everybody" : status.state === "ended" ? "Play from the beginning" : "Play";
    for (const button of need("replay-speeds").children) {
      button.setAttribute("aria-pressed", String(Number((button as HTMLElement).dataset["speed"]) === status.speed));
    }
    const length = (status.last - status.first) / 1e6;
    this.slider.max = String(Math.max(1, Math.round(length)));
    this.slider.step = "any";
    const { zone } = this.context.settings.value;
    const form = length > 86_400_000 ? "day" : "minute";
    write(need("replay-first"), stamp(status.first / 1e6, form, zone));
    write(need("replay-last"), stamp(status.last / 1e6, form, zone));
    this.paintPosition();
  }

  private paintPosition(): void {
    const status = this.context.replay.value;
    if (!status || this.dragging) return;
    const position = positionMs(status, this.context.held.value ? 0 : this.context.live.board.newestTs);
    const text = String(Math.round(position));
    mark(this.bar, "position", String(BigInt(Math.round(status.first + position * 1e6))));
    if (this.slider.value !== text) this.slider.value = text;
    this.paintClock(position);
  }

  private paintClock(position: number): void {
    const status = this.context.replay.value;
    if (!status) return;
    const clock = stamp(status.first / 1e6 + position, "full", this.context.settings.value.zone);
    write(need("replay-clock"), clock);
    if (this.slider.getAttribute("aria-valuetext") !== clock) this.slider.setAttribute("aria-valuetext", clock);
    this.slider.style.setProperty("--part", String(position / Number(this.slider.max)));
  }
}
