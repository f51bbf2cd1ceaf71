// The box for adding symbols: a combobox of the server's symbols that also accepts several at once.

import { addSymbols } from "../../app/add_symbols.ts";
import type { Context } from "../../app/context.ts";
import { parseSymbols } from "../../watchlist/symbols.ts";
import { byId, el } from "../common/dom.ts";

const MAX_OPTIONS = 8;

export class AddBox {
  private readonly input = byId<HTMLInputElement>("add-input");
  private readonly options = byId("add-options");
  private active = -1;

  constructor(private readonly context: Context) {
    this.input.addEventListener("input", () => this.suggest());
    this.input.addEventListener("focus", () => this.suggest());
    context.names.onChange(() => {
      if (document.activeElement === this.input) this.suggest();
    });
    this.input.addEventListener("blur", () => this.close());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("paste", (event) => this.pasted(event));
    byId("add").addEventListener("submit", (event) => {
      event.preventDefault();
      this.enter();
    });
    // pointerdown, not click: a click would first take the focus from the input.
    this.options.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const symbol = (event.target as Element).closest<HTMLElement>("[data-symbol]")?.dataset["symbol"];
      if (symbol !== undefined) this.add([symbol]);
    });
  }

  focus(): void {
    this.input.focus();
    this.input.select();
  }

  add(symbols: readonly string[]): void {
    addSymbols(this.context, symbols);
    this.input.value = "";
    this.close();
  }

  private enter(): void {
    const chosen = this.options.children[this.active] as HTMLElement | undefined;
    const symbols = chosen ? [chosen.dataset["symbol"]!] : parseSymbols(this.input.value, this.context.names.value);
    if (symbols.length > 0) this.add(symbols);
  }

  private pasted(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const symbols = parseSymbols(text, this.context.names.value);
    // A single pasted symbol may be edited before it is added; several are added at once.
    if (symbols.length < 2) return;
    event.preventDefault();
    this.add(symbols);
  }

  private key(event: KeyboardEvent): void {
    const count = this.options.childElementCount;
    if (event.key === "Escape") {
      if (!this.options.hidden) this.close();
      else this.input.blur();
      event.stopPropagation();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count > 0) {
      event.preventDefault();
      const by = event.key === "ArrowDown" ? 1 : -1;
      this.point(this.active < 0 && by < 0 ? count - 1 : (this.active + by + count) % count);
    }
  }

  private suggest(): void {
    const { names, lists } = this.context;
    const have = new Set(lists.value.current === null ? [] : this.context.listed());
    const found = names.value.suggest(this.input.value, MAX_OPTIONS, have);
    this.options.replaceChildren(
      ...found.map((symbol, at) => el("li", { role: "option", id: `option-${at}`, "data-symbol": symbol, "aria-selected": "false" }, symbol)),
    );
    this.options.hidden = found.length === 0;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    // Enter adds an exact match as typed; otherwise it takes the first suggestion.
    const exact = names.value.find(this.input.value.trim());
    this.point(found.length > 0 && exact === undefined && !/[\s,;]/.test(this.input.value.trim()) ? 0 : -1);
  }

  private point(at: number): void {
    this.active = at;
    [...this.options.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
    if (at >= 0) this.input.setAttribute("aria-activedescendant", `option-${at}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  private close(): void {
    this.options.hidden = true;
    this.active = -1;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
