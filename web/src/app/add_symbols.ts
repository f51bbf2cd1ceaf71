// Adds symbols to the current list: typed, pasted, or mentioned in the chat.

import { add, create } from "../watchlist/lists.ts";
import type { Context } from "./context.ts";

/** Add the symbols that the server may have, select the first, and report the others. True if any was added. */
export function addSymbols(context: Context, symbols: readonly string[]): boolean {
  const { lists, names, selected, stream } = context;
  const unknown = context.isComplete ? symbols.filter((symbol) => names.value.find(symbol) === undefined) : [];
  const known = symbols.filter((symbol) => !unknown.includes(symbol));
  if (unknown.length > 0) {
    const some = unknown.slice(0, 3).join(", ");
    context.toast(`This server does not offer ${some}${unknown.length > 3 ? ` and ${unknown.length - 3} more` : ""}`);
  }
  if (known.length === 0) return false;
  if (lists.value.current !== null) lists.value = add(lists.value, known);
  else if (known.some((symbol) => !names.value.find(symbol) && !stream.board.row(symbol))) lists.value = create(lists.value, "Watchlist", known);
  selected.value = known[0]!;
  if (known.length > 1) context.toast(`${known.length} symbols added`);
  return true;
}
