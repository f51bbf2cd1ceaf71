// Choosing among the named lists, and making, renaming, dropping and sharing them.

import type { Context } from "../context.ts";
import { create, currentList, drop, rename, restored } from "../lists.ts";
import { hashOf } from "../symbols.ts";
import { el, need } from "./dom.ts";

const ALL_VALUE = "all";

export class ListMenu {
  private readonly select = need<HTMLSelectElement>("list");
  private readonly name = need<HTMLInputElement>("list-name");

  constructor(private readonly context: Context) {
    const { lists } = context;
    this.select.addEventListener("change", () => {
      const at = this.select.selectedIndex;
      const list = lists.value.lists[at];
      lists.value = { ...lists.value, current: list ? list.name : null };
    });
    lists.watch(() => this.show());
    need("fill").addEventListener("click", () => (lists.value = { ...lists.value, current: null }));
    need("list-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const isRename = (event as SubmitEvent).submitter?.getAttribute("value") === "rename";
      lists.value = isRename ? rename(lists.value, this.name.value) : create(lists.value, this.name.value);
      need("lists").hidePopover();
    });
    need("lists").addEventListener("beforetoggle", () => (this.name.value = ""));
    need("list-drop").addEventListener("click", () => {
      const before = lists.value;
      lists.value = drop(before);
      need("lists").hidePopover();
      context.say(`List ${before.current} deleted`, { label: "Undo", act: () => (lists.value = restored(lists.value, before)) });
    });
    need("list-copy").addEventListener("click", () => void this.copy());
  }

  private async copy(): Promise<void> {
    need("lists").hidePopover();
    const hash = hashOf(currentList(this.context.lists.value)?.symbols ?? []);
    if (!hash) return this.context.say("This list is too long, or too short, for an address");
    const address = location.origin + location.pathname + hash;
    try {
      await navigator.clipboard.writeText(address);
      this.context.say("Link copied");
    } catch {
      this.context.say(address); // the clipboard is for secure pages only
    }
  }

  private show(): void {
    const { lists, current } = this.context.lists.value;
    // Values are places and not names: a list may be called "all".
    const options = lists.map(({ name }, at) => el("option", { value: String(at), "data-name": name }, name));
    this.select.replaceChildren(...options, el("option", { value: ALL_VALUE }, "All symbols"));
    const at = lists.findIndex(({ name }) => name === current);
    this.select.selectedIndex = at < 0 ? lists.length : at;
    for (const id of ["list-rename", "list-drop", "list-copy"]) need<HTMLButtonElement>(id).disabled = current === null;
  }
}
