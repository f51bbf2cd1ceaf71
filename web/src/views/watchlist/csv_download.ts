// Downloads the watchlist as a CSV file.

import type { Context } from "../../app/context.ts";
import { columnsOf } from "../../watchlist/columns.ts";
import { csvOf } from "../../watchlist/csv.ts";
import { byId, el } from "../common/dom.ts";
import type { Watchlist } from "./watchlist.ts";

export function csvDownload(context: Context, watchlist: Watchlist): void {
  const save = (): void => {
    const { board } = context.stream;
    const text = csvOf(watchlist.order.symbols, columnsOf(context.settings.value.columns), (symbol) => board.shown(symbol), Date.now());
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    const name = `ticker-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.csv`;
    el("a", { href: url, download: name }).click();
    // The download starts after this returns; a minute is enough for any browser.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };
  byId("csv").addEventListener("click", save);
  // A narrow screen has no room for the button in the header.
  byId("list-csv").addEventListener("click", () => {
    byId("lists").hidePopover();
    save();
  });
}
