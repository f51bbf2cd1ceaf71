// Messages over the page. Most disappear by themselves; notices, and alerts that fired while the page was closed, stay
// until the user dismisses them.

import type { Context, Toast } from "../../app/context.ts";
import { stamp } from "../../core/format.ts";
import { byId, el, icon } from "../common/dom.ts";
import { mentionLinks } from "../common/mention_links.ts";

const DURATION_MS = 6000;
const MAX_TOASTS = 4;
const MAX_STICKY = 5;

export function toasts(context: Context): void {
  const box = byId("toasts");
  context.onToast((toast) => {
    box.append(toast.since === undefined ? temporary(toast) : sticky(context, toast, stamp(toast.since, "clock", context.settings.value.zone)));
    trim(".toast:not([data-stays])", MAX_TOASTS);
    trim("[data-stays]", MAX_STICKY);
  });
  context.stream.error.onChange((text) => {
    if (text) context.toast(`Server: ${text}`);
    context.stream.error.value = "";
  });
  context.stream.notice.onChange((notice) => {
    if (notice) context.stickyToast(`${notice.from}: ${notice.text}`, notice.ts / 1e6);
  });

  function trim(selector: string, max: number): void {
    for (const old of [...box.querySelectorAll(selector)].slice(0, -max)) old.remove();
  }
}

function temporary({ text, action }: Toast): HTMLElement {
  const toast = el("p", { class: "toast" }, text);
  if (action) toast.append(actionButton(action));
  setTimeout(() => toast.remove(), DURATION_MS);
  toast.addEventListener("click", () => toast.remove());
  return toast;
}

function sticky(context: Context, { text, action }: Toast, time: string): HTMLElement {
  const toast = el("p", { class: "toast", "data-stays": true }, el("small", {}, time), el("span", { dir: "auto" }, ...mentionLinks(context, text)));
  if (action) toast.append(actionButton({ label: action.label, act: () => (toast.remove(), action.act()) }));
  const dismiss = el("button", { type: "button", class: "remove", "aria-label": "Dismiss" }, icon("close"));
  dismiss.addEventListener("click", () => toast.remove());
  toast.append(dismiss);
  return toast;
}

function actionButton({ label, act }: NonNullable<Toast["action"]>): HTMLElement {
  const button = el("button", { type: "button" }, label);
  button.addEventListener("click", act);
  return button;
}
