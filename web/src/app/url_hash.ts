// Keeps the URL's hash and the current list equal, so that a link shares the list: `#AAPL,MSFT`.

import { currentList, openShared } from "../watchlist/lists.ts";
import { hashOf, symbolsOfHash } from "../watchlist/symbols.ts";
import type { Context } from "./context.ts";

export function syncUrlHash({ lists }: Context): void {
  const read = (): void => {
    const symbols = symbolsOfHash(location.hash);
    if (symbols.length > 0) lists.value = openShared(lists.value, symbols);
  };
  read();
  addEventListener("hashchange", read);
  lists.watch((now) => {
    const hash = hashOf(currentList(now)?.symbols ?? []);
    if (hash !== location.hash) history.replaceState(null, "", hash || location.pathname + location.search);
  });
}
