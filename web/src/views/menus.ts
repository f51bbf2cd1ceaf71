// The menus that open from a button: where they stand, the columns, the settings.

import { COLUMNS, DEFAULT_COLUMNS } from "../columns.ts";
import type { Context } from "../context.ts";
import { ZONES } from "../format.ts";
import { ENCODINGS } from "../protocol.ts";
import { COLOURS, RATES, THEMES, type Settings } from "../settings.ts";
import { el, need } from "./dom.ts";

const ZONE_WORDS = { local: "This device's time", UTC: "UTC", "America/New_York": "New York" };

export function placeMenus(): void {
  for (const menu of document.querySelectorAll<HTMLElement>(".menu")) {
    const button = document.querySelector<HTMLElement>(`[popovertarget="${menu.id}"]`);
    menu.addEventListener("beforetoggle", () => {
      const at = button?.getBoundingClientRect();
      if (!at) return;
      menu.style.top = `${at.bottom + 6}px`;
      menu.style.right = `${Math.max(8, document.documentElement.clientWidth - at.right)}px`;
    });
  }
}

export function columnsMenu(context: Context): void {
  const { settings } = context;
  const change = (columns: string[]): void => context.set({ columns });
  const menu = need("columns");
  const boxes = COLUMNS.filter(({ field }) => field !== "symbol").map(({ field, title }) => {
    const box = el("input", { type: "checkbox", "data-column": field });
    box.addEventListener("change", () => {
      const chosen = settings.value.columns.filter((each) => each !== field);
      change(box.checked ? [...chosen, field] : chosen);
    });
    menu.append(el("label", { class: "check" }, box, title));
    return { field, box };
  });
  const reset = el("button", { type: "button" }, "As at first");
  reset.addEventListener("click", () => change(DEFAULT_COLUMNS));
  menu.append(reset);
  settings.watch(({ columns }) => {
    for (const { field, box } of boxes) box.checked = columns.includes(field);
  });
}

function choice<K extends keyof Settings>(context: Context, id: string, key: K, values: readonly Settings[K][], words: (value: Settings[K]) => string): void {
  const select = need<HTMLSelectElement>(id);
  select.append(...values.map((value) => el("option", { value: String(value) }, words(value))));
  select.addEventListener("change", () => context.set({ [key]: values[select.selectedIndex] } as Partial<Settings>));
  context.settings.watch((settings) => (select.selectedIndex = values.indexOf(settings[key])));
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function settingsMenu(context: Context): void {
  choice(context, "setting-rate", "rate", RATES, (rate) => (rate === 0 ? "All, at once" : `${rate} a second`));
  choice(context, "setting-encoding", "encoding", ENCODINGS, (encoding) => (encoding === "json" ? "JSON" : "msgpack"));
  choice(context, "setting-theme", "theme", THEMES, (theme) => (theme === "system" ? "As the system" : capital(theme)));
  choice(context, "setting-colours", "colours", COLOURS, (colours) => capital(colours.replace("-", " and ")));
  choice(context, "setting-zone", "zone", ZONES, (zone) => ZONE_WORDS[zone]);
}
