// A banner when the server does not offer several of the list's symbols, with buttons to remove them or show all symbols.

import type { Context } from "../../app/context.ts";
import { TOO_MANY } from "../../client/ticker_channel.ts";
import { currentList, removeAll } from "../../watchlist/lists.ts";
import { byId, setText } from "../common/dom.ts";

/** For fewer symbols the note in each row is enough. */
const MIN_UNKNOWN = 3;
const SPACING_MS = 500;

export class UnknownSymbols {
  private paintedMs = -Infinity;

  constructor(private readonly context: Context) {
    const { lists, painter } = context;
    painter.add((nowMs) => {
      if (nowMs - this.paintedMs < SPACING_MS) return;
      this.paintedMs = nowMs;
      this.paint();
    });
    byId("unknown-symbols-all").addEventListener("click", () => (lists.value = { ...lists.value, current: null }));
    byId("unknown-symbols-remove").addEventListener("click", () => {
      const before = lists.value;
      lists.value = removeAll(before, new Set(this.unknown));
      context.toast("Removed", { label: "Undo", act: () => (lists.value = before) });
    });
  }

  private get unknown(): string[] {
    const { rejected } = this.context.stream.ticker;
    return currentList(this.context.lists.value)?.symbols.filter((symbol) => (rejected.get(symbol) ?? TOO_MANY) !== TOO_MANY) ?? [];
  }

  private paint(): void {
    const { stream, lists } = this.context;
    const all = currentList(lists.value)?.symbols.length ?? 0;
    const unknown = stream.ticker.rejected.size > 0 ? this.unknown.length : 0;
    const isShown = unknown > 0 && (unknown >= MIN_UNKNOWN || unknown === all);
    byId("unknown-symbols").hidden = !isShown;
    if (isShown) setText(byId("unknown-symbols-text"), unknown === all ? "This server offers none of these symbols." : `This server does not offer ${unknown} of these ${all} symbols.`);
  }
}
