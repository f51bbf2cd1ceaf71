// Short words that go by themselves: an alert that was reached, a symbol that isn't there.

import type { Context } from "../context.ts";
import { el, need } from "./dom.ts";

const LASTING_MS = 6000;
const MOST = 4;

export function toasts(context: Context): void {
  const box = need("toasts");
  context.onSay(({ text, action }) => {
    const toast = el("p", { class: "toast" }, text);
    if (action) {
      const button = el("button", { type: "button" }, action.label);
      button.addEventListener("click", action.act);
      toast.append(button);
    }
    box.append(toast);
    while (box.childElementCount > MOST) box.firstElementChild?.remove();
    setTimeout(() => toast.remove(), LASTING_MS);
    toast.addEventListener("click", () => toast.remove());
  });
  context.live.notice.onChange((text) => {
    if (text) context.say(`The server says: ${text}`);
    context.live.notice.value = "";
  });
}
