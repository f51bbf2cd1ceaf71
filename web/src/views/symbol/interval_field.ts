// The field for an interval that has no button: 30s, 10m, 4h. The server says whether there is such an interval.

import type { Context } from "../../app/context.ts";
import type { ShortestInterval } from "../../app/shortest_interval.ts";
import { barsPath, fetchJson } from "../../core/http.ts";
import { INTERVALS } from "../../protocol/messages.ts";
import { byId, setData, setText } from "../common/dom.ts";

export class IntervalField {
  private readonly input = byId<HTMLInputElement>("interval-other");
  private asked = 0;

  constructor(
    private readonly context: Context,
    private readonly shortest: ShortestInterval,
  ) {
    byId("interval-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit(this.input.value.trim());
    });
    this.input.addEventListener("input", () => this.show(""));
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.reset();
      this.input.blur();
    });
    context.settings.watch(() => this.reset());
  }

  /** Show the interval in use, if it has no button. */
  private reset(): void {
    const { interval } = this.context.settings.value;
    const isOther = !(INTERVALS as readonly string[]).includes(interval);
    this.input.value = isOther ? interval : "";
    setData(this.input, "used", isOther ? "yes" : "");
    this.show("");
  }

  private async submit(text: string): Promise<void> {
    if (text === "") return this.reset();
    const asked = ++this.asked;
    const { symbol } = this.context.stream.bars;
    if (symbol === null) return this.show("Select a symbol first");
    try {
      await fetchJson(barsPath(symbol, text, 1));
    } catch (error) {
      if (asked === this.asked) this.show((error as Error).message);
      return;
    }
    if (asked !== this.asked) return;
    this.shortest.chosen();
    this.context.set({ interval: text });
    this.reset();
  }

  private show(error: string): void {
    setText(byId("interval-error"), error);
    if (error === "") this.input.removeAttribute("aria-invalid");
    else this.input.setAttribute("aria-invalid", "true");
  }
}
