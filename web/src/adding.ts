// Symbols that come into the current list, from wherever: typed, pasted, or mentioned in the chat.

import type { Context } from "./context.ts";
import { add, create } from "./lists.ts";

/** Add what the server may have, choose the first of it, and say what can't be had. Whether any could. */
export function addSymbols(context: Context, symbols: readonly string[]): boolean {
  const { lists, names, selected, live } = context;
  const unknown = context.complete ? symbols.filter((symbol) => names.value.find(symbol) === undefined) : [];
  const known = symbols.filter((symbol) => !unknown.includes(symbol));
  if (unknown.length > 0) {
    const some = unknown.slice(0, 3).join(", ");
    context.say(`${some}${unknown.length > 3 ? ` and ${unknown.length - 3} more` : ""}: not offered by this server`);
  }
  if (known.length === 0) return false;
  if (lists.value.current !== null) lists.value = add(lists.value, known);
  else if (known.some((symbol) => !names.value.find(symbol) && !live.board.row(symbol))) lists.value = create(lists.value, "Watchlist", known);
  selected.value = known[0]!;
  if (known.length > 1) context.say(`${known.length} symbols added`);
  return true;
}
