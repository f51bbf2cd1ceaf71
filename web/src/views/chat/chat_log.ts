// The messages of the room, as text. A mentioned symbol is a link to its chart.

import type { Context } from "../../app/context.ts";
import { stamp } from "../../core/format.ts";
import { type ChatLine, MAX_LINES } from "../../rooms/room.ts";
import { byId, el, setData } from "../common/dom.ts";
import { mentionLinks } from "../common/mention_links.ts";

/** Within this distance of the end the log scrolls with new messages. */
const FOLLOW_PX = 24;

export class ChatLog {
  private readonly box = byId("chat-log");
  private follows = true;
  private isScrolling = false;

  /** `closeChat` is called when the user follows a mention on a narrow screen, where the chat covers the chart. */
  constructor(private readonly context: Context, private readonly closeChat: () => void) {
    this.box.addEventListener("scroll", () => {
      const { scrollTop, clientHeight, scrollHeight } = this.box;
      if (clientHeight > 0) this.follows = scrollTop + clientHeight >= scrollHeight - FOLLOW_PX;
    }, { passive: true });
    // When the text box grows, the end of the log would scroll out of view.
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

  /** `isQuiet`: screen readers do not read it. */
  add(line: ChatLine, isQuiet = line.isPast): void {
    this.box.setAttribute("aria-live", isQuiet ? "off" : "polite");
    if (line.lost > 0) this.box.append(el("p", { class: "lost" }, `${line.lost} earlier messages are no longer available`));
    this.box.append(this.createLine(line));
    while (this.box.childElementCount > MAX_LINES) this.box.firstElementChild!.remove();
    this.follow();
  }

  /** Scroll to the end, unless the user has scrolled up. */
  follow(): void {
    if (!this.follows || this.isScrolling) return;
    this.isScrolling = true;
    requestAnimationFrame(() => {
      this.isScrolling = false;
      this.box.scrollTop = this.box.scrollHeight;
    });
  }

  private createLine({ from, text, ms, mine, seq }: ChatLine): HTMLElement {
    const { zone } = this.context.settings.value;
    const time = el("time", { title: stamp(ms, "full", zone) }, stamp(ms, "minute", zone));
    const author = el("b", { dir: "auto" }, from);
    if (mine) author.append(el("span", { class: "visually-hidden" }, " (you)"));
    const content = el("span", { class: "text", dir: "auto" }, ...mentionLinks(this.context, text, this.closeChat));
    const line = el("p", { "data-said": seq }, time, author, content);
    if (mine) setData(line, "mine", "yes");
    return line;
  }
}
