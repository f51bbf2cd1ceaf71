// The watchlist's head: names of the columns, and sorting by a click on one.

import type { Column } from "../columns.ts";
import { nextSort, type Sort } from "../sorting.ts";
import { el } from "./dom.ts";

export function head(columns: readonly Column[], sort: Sort | null, choose: (sort: Sort | null) => void): HTMLElement {
  const cells = columns.map((column) => {
    const isSorted = sort?.field === column.field;
    const way = sort?.descending ? "descending" : "ascending";
    const cell = el(
      "div",
      { role: "columnheader", class: `cell ${column.kind}`, "data-field": column.field, "aria-sort": isSorted ? way : "none" },
      el("button", { type: "button", title: `${column.title}: sort` }, column.label),
    );
    cell.addEventListener("click", () => choose(nextSort(sort, column.field)));
    return cell;
  });
  return el("div", { role: "row", class: "row top-row", "aria-rowindex": 1 }, ...cells);
}
