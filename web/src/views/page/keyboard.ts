// Keyboard shortcuts. In inputs and menus keys keep their usual meaning.

import type { Context } from "../../app/context.ts";
import type { ChatPanel } from "../chat/chat_panel.ts";
import { closeChart, openChart } from "../common/chart_overlay.ts";
import { byId, isTyping, setText } from "../common/dom.ts";
import type { AddBox } from "../header/add_box.ts";
import type { SymbolPanel } from "../symbol/symbol_panel.ts";
import type { Watchlist } from "../watchlist/watchlist.ts";

export function keyboard(context: Context, watchlist: Watchlist, addBox: AddBox, symbolView: SymbolPanel, chat: ChatPanel): void {
  const help = byId<HTMLDialogElement>("help");
  const openHelp = (): void => {
    if (!help.open) help.showModal();
  };
  byId("help-button").addEventListener("click", openHelp);
  byId("help-close").addEventListener("click", () => help.close());
  // A click on the backdrop has the dialog as its target.
  help.addEventListener("click", (event) => {
    if (event.target === help) help.close();
  });
  byId("back").addEventListener("click", closeChart);

  context.serverText.watch((text) => setText(byId("server"), text));

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
    " ": () => (context.paused.value = !context.paused.value),
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
    // The browser handles Space and Enter on a button, and Escape in a menu.
    if (target.closest("button, a") && (event.key === " " || event.key === "Enter" || event.key === "Delete")) return;
    if (event.key === "Escape" && document.querySelector(":popover-open")) return;
    if (event.altKey) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        moveSelected(event.key === "ArrowDown" ? 1 : -1);
      }
      return;
    }
    const inMenu = target.closest(".menu") !== null;
    const action = page[event.key] ?? (inOther ? undefined : rows[event.key]);
    if (!action || ((event.key === " " || inMenu) && inOther)) return;
    event.preventDefault();
    action();
  });

  function moveSelected(by: number): void {
    const symbol = context.selected.value;
    const at = watchlist.order.symbols.indexOf(symbol ?? "");
    if (symbol !== null && at >= 0) watchlist.move(symbol, at + by);
  }
}
