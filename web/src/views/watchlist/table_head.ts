// The watchlist's header row: a click on a column sorts by it.

import type { Column } from "../../watchlist/columns.ts";
import { nextSort, type Sort } from "../../watchlist/sorting.ts";
import { el } from "../common/dom.ts";

export function head(columns: readonly Column[], sort: Sort | null, choose: (sort: Sort | null) => void): HTMLElement {
  const cells = columns.map((column) => {
    const isSorted = sort?.field === column.field;
    const direction = sort?.descending ? "descending" : "ascending";
    const cell = el(
      "div",
      { role: "columnheader", class: `cell ${column.kind}`, "data-field": column.field, "aria-sort": isSorted ? direction : "none" },
      el("button", { type: "button", title: `${column.title}: sort` }, column.label),
    );
    cell.addEventListener("click", () => choose(nextSort(sort, column.field)));
    return cell;
  });
  return el("div", { role: "row", class: "row top-row", "aria-rowindex": 1 }, ...cells);
}
