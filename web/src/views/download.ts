// What is shown, as a CSV file.

import { columnsOf } from "../columns.ts";
import type { Context } from "../context.ts";
import { csvOf } from "../csv.ts";
import { el, need } from "./dom.ts";
import type { Watchlist } from "./watchlist.ts";

export function download(context: Context, watchlist: Watchlist): void {
  const save = (): void => {
    const { board } = context.live;
    const text = csvOf(watchlist.order.symbols, columnsOf(context.settings.value.columns), (symbol) => board.shown(symbol), Date.now());
    const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    const name = `ticker-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.csv`;
    el("a", { href: address, download: name }).click();
    // The browser reads it after this; a minute is long enough for any.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };
  need("csv").addEventListener("click", save);
  // A small screen has no room for the button above.
  need("list-csv").addEventListener("click", () => {
    need("lists").hidePopover();
    save();
  });
}
