// The sign for what the feed assumed, put right or left out, and the list of it.

import type { Context } from "../../app/context.ts";
import { calendarText } from "../../market/calendar.ts";
import { byId, el, setText } from "../common/dom.ts";

/** `refresh` asks the server again, for the notes since the last answer. */
export function notes(context: Context, refresh: () => void): void {
  const button = byId("notes-button");
  byId("notes").addEventListener("beforetoggle", (event) => {
    if ((event as ToggleEvent).newState === "open") refresh();
  });
  context.feedInfo.watch(({ title, notes, calendar, calendars }) => {
    button.hidden = notes.length === 0;
    const label = `${notes.length} note${notes.length === 1 ? "" : "s"} on the feed`;
    button.setAttribute("aria-label", label);
    button.title = `${label}: what it assumed, put right or left out`;
    setText(byId("notes-count"), String(notes.length));
    setText(byId("notes-feed"), title);
    byId("notes-list").replaceChildren(...notes.map((note) => el("li", { dir: "auto" }, note)));
    const others = calendars.size === 0 ? "" : calendars.size === 1 ? " One symbol has other days." : ` ${calendars.size} symbols have other days.`;
    setText(byId("notes-days"), calendarText(calendar) + others);
  });
}
