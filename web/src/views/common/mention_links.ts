// A text with its mentions of symbols (`$AAPL`) as links to their charts. All else stays text.

import { addSymbols } from "../../app/add_symbols.ts";
import type { Context } from "../../app/context.ts";
import { splitMentions } from "../../rooms/mentions.ts";
import { openChart } from "./chart_overlay.ts";
import { el, narrowScreen } from "./dom.ts";

/** `followed` is called on a narrow screen before the chart opens, for what would cover it. */
export function mentionLinks(context: Context, text: string, followed: () => void = () => {}): (Node | string)[] {
  const { names } = context;
  return splitMentions(text, (name) => names.value.find(name) !== undefined).map(({ text: piece, symbol }) => {
    // Not a symbol of this server: plain text.
    if (symbol === undefined || (context.isComplete && names.value.find(symbol) === undefined)) return piece;
    const target = (): string => names.value.find(symbol) ?? symbol.toUpperCase();
    const link = el("a", { class: "mention", href: `#${encodeURIComponent(target())}` }, piece);
    link.addEventListener("click", (event) => {
      // With a modifier key the browser opens a new tab or window.
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (!addSymbols(context, [target()]) || !narrowScreen.matches) return;
      followed();
      openChart();
    });
    return link;
  });
}
