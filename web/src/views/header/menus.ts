// The menus: their positions, the columns, the settings.

import type { Context } from "../../app/context.ts";
import { COLOURS, RATES, type Settings, THEMES } from "../../app/settings.ts";
import { ZONES } from "../../core/format.ts";
import { ENCODINGS } from "../../protocol/messages.ts";
import { COLUMNS, DEFAULT_COLUMNS } from "../../watchlist/columns.ts";
import { byId, el } from "../common/dom.ts";

const ZONE_TEXT = { local: "Local time", UTC: "UTC", "America/New_York": "New York" };

export function placeMenus(): void {
  for (const menu of document.querySelectorAll<HTMLElement>(".menu")) {
    const button = document.querySelector<HTMLElement>(`[popovertarget="${menu.id}"]`);
    menu.addEventListener("beforetoggle", () => {
      const at = button?.getBoundingClientRect();
      if (!at) return;
      menu.style.top = `${at.bottom + 6}px`;
      // The notes' button is at the left.
      if (menu.id === "notes") menu.style.left = `${Math.max(8, at.left)}px`;
      else menu.style.right = `${Math.max(8, document.documentElement.clientWidth - at.right)}px`;
    });
  }
}

export function columnsMenu(context: Context): void {
  const { settings } = context;
  const change = (columns: string[]): void => context.set({ columns });
  const menu = byId("columns");
  const boxes = COLUMNS.filter(({ field }) => field !== "symbol").map(({ field, title }) => {
    const box = el("input", { type: "checkbox", "data-column": field });
    box.addEventListener("change", () => {
      const chosen = settings.value.columns.filter((each) => each !== field);
      change(box.checked ? [...chosen, field] : chosen);
    });
    menu.append(el("label", { class: "check" }, box, title));
    return { field, box };
  });
  const reset = el("button", { type: "button" }, "Reset");
  reset.addEventListener("click", () => change(DEFAULT_COLUMNS));
  menu.append(reset);
  settings.watch(({ columns }) => {
    for (const { field, box } of boxes) box.checked = columns.includes(field);
  });
}

function choice<K extends keyof Settings>(context: Context, id: string, key: K, values: readonly Settings[K][], text: (value: Settings[K]) => string): void {
  const select = byId<HTMLSelectElement>(id);
  select.append(...values.map((value) => el("option", { value: String(value) }, text(value))));
  select.addEventListener("change", () => context.set({ [key]: values[select.selectedIndex] } as Partial<Settings>));
  context.settings.watch((settings) => (select.selectedIndex = values.indexOf(settings[key])));
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function settingsMenu(context: Context): void {
  choice(context, "setting-rate", "rate", RATES, (rate) => (rate === 0 ? "Every update" : `${rate} per second`));
  choice(context, "setting-encoding", "encoding", ENCODINGS, (encoding) => (encoding === "json" ? "JSON" : "msgpack"));
  choice(context, "setting-theme", "theme", THEMES, (theme) => (theme === "system" ? "System" : capitalized(theme)));
  choice(context, "setting-colours", "colours", COLOURS, (colours) => capitalized(colours.replace("-", " and ")));
  choice(context, "setting-zone", "zone", ZONES, (zone) => ZONE_TEXT[zone]);
}
