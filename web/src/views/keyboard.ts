// The keys of the whole page. Inside of boxes and menus keys mean what they always mean.

import type { Context } from "../context.ts";
import type { AddBox } from "./addbox.ts";
import type { Chat } from "./chat.ts";
import { closeChart, openChart } from "./chosen.ts";
import { isTyping, need } from "./dom.ts";
import type { SymbolView } from "./symbol.ts";
import type { Watchlist } from "./watchlist.ts";

export function keyboard(context: Context, watchlist: Watchlist, addBox: AddBox, symbolView: SymbolView, chat: Chat): void {
  const help = need<HTMLDialogElement>("help");
  const openHelp = (): void => {
    if (!help.open) help.showModal();
  };
  need("help-button").addEventListener("click", openHelp);
  need("help-close").addEventListener("click", () => help.close());
  // A click beside the dialog lands on the dialog itself.
  help.addEventListener("click", (event) => {
    if (event.target === help) help.close();
  });
  need("back").addEventListener("click", closeChart);

  const rows: Record<string, () => void> = {
    ArrowDown: () => watchlist.step(1),
    ArrowUp: () => watchlist.step(-1),
    PageDown: () => watchlist.step(watchlist.pageRows),
    PageUp: () => watchlist.step(-watchlist.pageRows),
    Home: () => watchlist.step(-Infinity),
    End: () => watchlist.step(Infinity),
    Enter: openChart,
    Delete: () => {
      if (context.selected.value !== null) watchlist.remove(context.selected.value);
    },
  };
  const page: Record<string, () => void> = {
    "/": () => addBox.focus(),
    " ": () => (context.held.value = !context.held.value),
    "?": openHelp,
    c: () => chat.toggle(),
    "[": () => symbolView.step(-1),
    "]": () => symbolView.step(1),
    Escape: closeChart,
  };

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || help.open || isTyping(event.target)) return;
    const target = event.target as Element;
    const inOther = target.closest("input, select, .menu, .ticks, .chat") !== null;
    // A button is pressed with Space and Enter, and a menu closed with Escape, by the browser.
    if (target.closest("button, a") && (event.key === " " || event.key === "Enter" || event.key === "Delete")) return;
    if (event.key === "Escape" && document.querySelector(":popover-open")) return;
    if (event.altKey) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        moveChosen(event.key === "ArrowDown" ? 1 : -1);
      }
      return;
    }
    const inMenu = target.closest(".menu") !== null;
    const action = page[event.key] ?? (inOther ? undefined : rows[event.key]);
    if (!action || ((event.key === " " || inMenu) && inOther)) return;
    event.preventDefault();
    action();
  });

  function moveChosen(by: number): void {
    const symbol = context.selected.value;
    const at = watchlist.order.symbols.indexOf(symbol ?? "");
    if (symbol !== null && at >= 0) watchlist.move(symbol, at + by);
  }
}
