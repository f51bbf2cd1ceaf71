// Words that lie over the page: some go by themselves (a symbol that isn't there), some stay until they are taken away
// (what the server's operator has to say, an alert that fired while nobody looked).

import type { Context, Saying } from "../context.ts";
import { stamp } from "../format.ts";
import { el, icon, need } from "./dom.ts";

const LASTING_MS = 6000;
const MOST = 4;
/** Of those that stay. */
const MOST_STAYING = 5;

export function toasts(context: Context): void {
  const box = need("toasts");
  context.onSay((saying) => {
    const toast = saying.since === undefined ? passing(saying) : staying(saying, stamp(saying.since, "clock", context.settings.value.zone));
    box.append(toast);
    trim(".toast:not([data-stays])", MOST);
    trim("[data-stays]", MOST_STAYING);
  });
  context.live.refusal.onChange((text) => {
    if (text) context.say(`The server says: ${text}`);
    context.live.refusal.value = "";
  });
  context.live.notice.onChange((notice) => {
    if (notice) context.announce(`${notice.from}: ${notice.text}`, notice.ts / 1e6);
  });

  function trim(which: string, most: number): void {
    for (const old of [...box.querySelectorAll(which)].slice(0, -most)) old.remove();
  }
}

function passing({ text, action }: Saying): HTMLElement {
  const toast = el("p", { class: "toast" }, text);
  if (action) toast.append(doing(action));
  setTimeout(() => toast.remove(), LASTING_MS);
  toast.addEventListener("click", () => toast.remove());
  return toast;
}

function staying({ text, action }: Saying, time: string): HTMLElement {
  const toast = el("p", { class: "toast", "data-stays": true }, el("small", {}, time), el("span", { dir: "auto" }, text));
  if (action) toast.append(doing({ label: action.label, act: () => (toast.remove(), action.act()) }));
  const dismiss = el("button", { type: "button", class: "remove", "aria-label": "Dismiss" }, icon("close"));
  dismiss.addEventListener("click", () => toast.remove());
  toast.append(dismiss);
  return toast;
}

function doing({ label, act }: NonNullable<Saying["action"]>): HTMLElement {
  const button = el("button", { type: "button" }, label);
  button.addEventListener("click", act);
  return button;
}
