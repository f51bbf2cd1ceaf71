// The keys of the whole page. Inside of boxes and menus keys mean what they always mean.

import type { Context } from "../context.ts";
import type { AddBox } from "./addbox.ts";
import { isTyping, narrow, need } from "./dom.ts";
import type { SymbolView } from "./symbol.ts";
import type { Watchlist } from "./watchlist.ts";

export function keyboard(context: Context, watchlist: Watchlist, addBox: AddBox, symbolView: SymbolView): void {
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
  // On a small screen the chart lies over the list; who gets there by keys goes on there, and comes back.
  const openChart = (): void => {
    document.body.classList.add("chosen");
    if (narrow.matches) need("back").focus();
  };
  const closeChart = (): void => {
    if (!document.body.classList.contains("chosen")) return;
    document.body.classList.remove("chosen");
    if (narrow.matches) need("table").focus();
  };
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
    "[": () => symbolView.step(-1),
    "]": () => symbolView.step(1),
    Escape: closeChart,
  };

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || help.open || isTyping(event.target)) return;
    const target = event.target as Element;
    const inOther = target.closest("input, select, .menu, .ticks") !== null;
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
