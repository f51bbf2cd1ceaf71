// On a small screen the chart lies over the list; who gets there by keys goes on there, and comes back.

import { narrow, need } from "./dom.ts";

export function openChart(): void {
  document.body.classList.add("chosen");
  if (narrow.matches) need("back").focus();
}

export function closeChart(): void {
  if (!document.body.classList.contains("chosen")) return;
  document.body.classList.remove("chosen");
  if (narrow.matches) need("table").focus();
}
