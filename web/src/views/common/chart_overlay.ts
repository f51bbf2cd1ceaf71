// On a narrow screen the chart covers the list. Opening and closing it moves the keyboard focus along.

import { byId, narrowScreen } from "./dom.ts";

export function openChart(): void {
  document.body.classList.add("chart-open");
  if (narrowScreen.matches) byId("back").focus();
}

export function closeChart(): void {
  if (!document.body.classList.contains("chart-open")) return;
  document.body.classList.remove("chart-open");
  if (narrowScreen.matches) byId("table").focus();
}
