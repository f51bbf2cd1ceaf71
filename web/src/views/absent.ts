// Symbols of the list of which nothing will come: told once for all of them, with a way out.

import type { Context } from "../context.ts";
import { currentList, removeAll } from "../lists.ts";
import { TOO_MANY } from "../watch.ts";
import { need, write } from "./dom.ts";

/** Fewer are told by their rows alone. */
const SOME = 3;
const SPACING_MS = 500;

export class Absent {
  private paintedMs = -Infinity;

  constructor(private readonly context: Context) {
    const { lists, painter } = context;
    painter.add((nowMs) => {
      if (nowMs - this.paintedMs < SPACING_MS) return;
      this.paintedMs = nowMs;
      this.paint();
    });
    need("absent-all").addEventListener("click", () => (lists.value = { ...lists.value, current: null }));
    need("absent-remove").addEventListener("click", () => {
      const before = lists.value;
      lists.value = removeAll(before, new Set(this.unknown));
      context.say("Removed", { label: "Undo", act: () => (lists.value = before) });
    });
  }

  private get unknown(): string[] {
    const { rejected } = this.context.live.watch;
    return currentList(this.context.lists.value)?.symbols.filter((symbol) => (rejected.get(symbol) ?? TOO_MANY) !== TOO_MANY) ?? [];
  }

  private paint(): void {
    const { live, lists } = this.context;
    const all = currentList(lists.value)?.symbols.length ?? 0;
    const unknown = live.watch.rejected.size > 0 ? this.unknown.length : 0;
    const isShown = unknown > 0 && (unknown >= SOME || unknown === all);
    need("absent").hidden = !isShown;
    if (isShown) write(need("absent-words"), unknown === all ? "This server offers none of these symbols." : `This server does not offer ${unknown} of these ${all} symbols.`);
  }
}
