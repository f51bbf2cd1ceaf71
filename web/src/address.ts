// The address shares the list: `#AAPL,MSFT`. What it says is shown, and what is shown it says.

import type { Context } from "./context.ts";
import { currentList, shared } from "./lists.ts";
import { hashOf, symbolsOfHash } from "./symbols.ts";

export function followAddress(context: Context): void {
  const { lists } = context;
  const read = (): void => {
    const symbols = symbolsOfHash(location.hash);
    if (symbols.length > 0) lists.value = shared(lists.value, symbols);
  };
  read();
  addEventListener("hashchange", read);
  lists.watch((now) => {
    const hash = hashOf(currentList(now)?.symbols ?? []);
    if (hash !== location.hash) history.replaceState(null, "", hash || location.pathname + location.search);
  });
}
