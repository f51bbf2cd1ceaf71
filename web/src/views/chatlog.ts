// What was said in the room, line by line, as text. A price that is mentioned leads to its chart.

import { addSymbols } from "../adding.ts";
import type { Context } from "../context.ts";
import { stamp } from "../format.ts";
import { pieces } from "../mentions.ts";
import { KEPT, type Line } from "../room.ts";
import { openChart } from "./chosen.ts";
import { el, mark, narrow, need } from "./dom.ts";

/** So near to its end the log follows what comes. */
const NEAR_PX = 24;

export class ChatLog {
  private readonly box = need("chat-log");
  private follows = true;
  private asked = false;

  /** `left` is called when a mention was followed on a small screen, where the chart lies below the chat. */
  constructor(private readonly context: Context, private readonly left: () => void) {
    this.box.addEventListener("scroll", () => {
      const { scrollTop, clientHeight, scrollHeight } = this.box;
      if (clientHeight > 0) this.follows = scrollTop + clientHeight >= scrollHeight - NEAR_PX;
    }, { passive: true });
    // Where the box below grows, the end goes out of sight.
    new ResizeObserver(() => this.follow()).observe(this.box);
    let { zone } = context.settings.value;
    context.settings.onChange((settings) => {
      if (settings.zone === zone) return;
      zone = settings.zone;
      this.clear();
      for (const line of context.room.lines) this.add(line, true);
    });
  }

  clear(): void {
    this.box.replaceChildren();
    this.follows = true;
  }

  /** `isQuiet`: nobody is to be told of it, it only comes to stand there. */
  add(line: Line, isQuiet = line.isPast): void {
    this.box.setAttribute("aria-live", isQuiet ? "off" : "polite");
    if (line.lost > 0) this.box.append(el("p", { class: "lost" }, `${line.lost} before this are not kept any more`));
    this.box.append(this.made(line));
    while (this.box.childElementCount > KEPT) this.box.firstElementChild!.remove();
    this.follow();
  }

  /** To the end, unless somebody reads further up. */
  follow(): void {
    if (!this.follows || this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.box.scrollTop = this.box.scrollHeight;
    });
  }

  private made({ from, text, ms, mine, seq }: Line): HTMLElement {
    const { zone } = this.context.settings.value;
    const time = el("time", { title: stamp(ms, "full", zone) }, stamp(ms, "minute", zone));
    const who = el("b", { dir: "auto" }, from);
    if (mine) who.append(el("span", { class: "unseen" }, " (you)"));
    const words = el("span", { class: "text", dir: "auto" }, ...pieces(text).map(({ text: piece, symbol }) => (symbol === undefined ? piece : this.mention(piece, symbol))));
    const line = el("p", { "data-said": seq }, time, who, words);
    if (mine) mark(line, "mine", "yes");
    return line;
  }

  private mention(text: string, symbol: string): Node | string {
    const known = this.context.names.value.find(symbol);
    // A word that is no symbol here stays a word.
    if (known === undefined && this.context.complete) return text;
    const link = el("a", { class: "mention", href: `#${encodeURIComponent(known ?? symbol.toUpperCase())}` }, text);
    link.addEventListener("click", (event) => {
      // With a key held down it is the browser's: a window of its own.
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (!addSymbols(this.context, [this.context.names.value.find(symbol) ?? symbol.toUpperCase()]) || !narrow.matches) return;
      this.left();
      openChart();
    });
    return link;
  }
}
