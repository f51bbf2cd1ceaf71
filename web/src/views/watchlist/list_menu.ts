// The menu of lists: select, create, rename, delete and share.

import type { Context } from "../../app/context.ts";
import { create, currentList, deleteList, rename, restoreList } from "../../watchlist/lists.ts";
import { hashOf } from "../../watchlist/symbols.ts";
import { byId, el } from "../common/dom.ts";

const ALL_VALUE = "all";

export class ListMenu {
  private readonly select = byId<HTMLSelectElement>("list");
  private readonly name = byId<HTMLInputElement>("list-name");

  constructor(private readonly context: Context) {
    const { lists } = context;
    this.select.addEventListener("change", () => {
      const at = this.select.selectedIndex;
      const list = lists.value.lists[at];
      lists.value = { ...lists.value, current: list ? list.name : null };
    });
    lists.watch(() => this.show());
    byId("fill").addEventListener("click", () => (lists.value = { ...lists.value, current: null }));
    byId("list-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const isRename = (event as SubmitEvent).submitter?.getAttribute("value") === "rename";
      lists.value = isRename ? rename(lists.value, this.name.value) : create(lists.value, this.name.value);
      byId("lists").hidePopover();
    });
    byId("lists").addEventListener("beforetoggle", () => (this.name.value = ""));
    byId("list-drop").addEventListener("click", () => {
      const before = lists.value;
      lists.value = deleteList(before);
      byId("lists").hidePopover();
      context.toast(`List ${before.current} deleted`, { label: "Undo", act: () => (lists.value = restoreList(lists.value, before)) });
    });
    byId("list-copy").addEventListener("click", () => void this.copy());
  }

  private async copy(): Promise<void> {
    byId("lists").hidePopover();
    const hash = hashOf(currentList(this.context.lists.value)?.symbols ?? []);
    if (!hash) return this.context.toast("This list is empty or too long for a link");
    const url = location.origin + location.pathname + hash;
    try {
      await navigator.clipboard.writeText(url);
      this.context.toast("Link copied");
    } catch {
      this.context.toast(url); // the clipboard requires a secure context
    }
  }

  private show(): void {
    const { lists, current } = this.context.lists.value;
    // Option values are indices: a list may be named "all".
    const options = lists.map(({ name }, at) => el("option", { value: String(at), "data-name": name }, name));
    this.select.replaceChildren(...options, el("option", { value: ALL_VALUE }, "All symbols"));
    const at = lists.findIndex(({ name }) => name === current);
    this.select.selectedIndex = at < 0 ? lists.length : at;
    for (const id of ["list-rename", "list-drop", "list-copy"]) byId<HTMLButtonElement>(id).disabled = current === null;
  }
}
