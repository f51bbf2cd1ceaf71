// Light or dark, green and red or blue and orange: by the system's setting, or by choice.

import type { Context } from "../context.ts";
import { readPalette } from "../palette.ts";
import { need, setIcon } from "./dom.ts";

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Before anything is drawn: `wear` needs no context. */
export function wear(theme: string, colours: string): void {
  const root = document.documentElement;
  root.dataset["theme"] = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  root.dataset["colours"] = colours;
}

export function themeButtons(context: Context): void {
  const { settings, palette } = context;
  const root = document.documentElement.dataset;
  const dress = (): void => {
    const { theme, colours } = settings.value;
    const before = `${root["theme"]} ${root["colours"]}`;
    wear(theme, colours);
    if (before !== `${root["theme"]} ${root["colours"]}`) palette.value = readPalette();
    const other = root["theme"] === "dark" ? "light" : "dark";
    const otherColours = colours === "green-red" ? "blue and orange" : "green and red";
    setIcon(need("theme"), other === "light" ? "sun" : "moon");
    tell("theme", `Change to the ${other} theme`);
    tell("colours", `Change colours to ${otherColours}`);
  };
  settings.watch(dress);
  dark.addEventListener("change", dress);
  need("theme").addEventListener("click", () => context.set({ theme: root["theme"] === "dark" ? "light" : "dark" }));
  need("colours").addEventListener("click", () => context.set({ colours: settings.value.colours === "green-red" ? "blue-orange" : "green-red" }));
}

function tell(id: string, text: string): void {
  need(id).setAttribute("aria-label", text);
  need(id).title = text;
}
