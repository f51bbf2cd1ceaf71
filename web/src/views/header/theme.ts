// The theme (light, dark, or the system's) and the colours for up and down.

import type { Context } from "../../app/context.ts";
import { readPalette } from "../../core/palette.ts";
import { byId, setIcon } from "../common/dom.ts";

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Called before the first paint, so it needs no context. */
export function applyTheme(theme: string, colours: string): void {
  const root = document.documentElement;
  root.dataset["theme"] = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  root.dataset["colours"] = colours;
}

export function themeButtons(context: Context): void {
  const { settings, palette } = context;
  const root = document.documentElement.dataset;
  const update = (): void => {
    const { theme, colours } = settings.value;
    const before = `${root["theme"]} ${root["colours"]}`;
    applyTheme(theme, colours);
    if (before !== `${root["theme"]} ${root["colours"]}`) palette.value = readPalette();
    const other = root["theme"] === "dark" ? "light" : "dark";
    const otherColours = colours === "green-red" ? "blue and orange" : "green and red";
    setIcon(byId("theme"), other === "light" ? "sun" : "moon");
    setLabel("theme", `Switch to the ${other} theme`);
    setLabel("colours", `Switch colours to ${otherColours}`);
  };
  settings.watch(update);
  dark.addEventListener("change", update);
  byId("theme").addEventListener("click", () => context.set({ theme: root["theme"] === "dark" ? "light" : "dark" }));
  byId("colours").addEventListener("click", () => context.set({ colours: settings.value.colours === "green-red" ? "blue-orange" : "green-red" }));
}

function setLabel(id: string, text: string): void {
  byId(id).setAttribute("aria-label", text);
  byId(id).title = text;
}
