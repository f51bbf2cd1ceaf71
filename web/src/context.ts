// What all views share: the stream's side, what the user chose, and what is looked at; remembered in the browser.

import { alertsFrom, type Alert } from "./alerts.ts";
import { firstLists, currentList, listsFrom, type Lists } from "./lists.ts";
import { Live } from "./live.ts";
import { Painter } from "./painter.ts";
import type { Palette } from "./palette.ts";
import { ENCODINGS } from "./protocol.ts";
import type { ReplayStatus } from "./replay.ts";
import { settingsFrom, type Settings } from "./settings.ts";
import { Signal } from "./signal.ts";
import { load, save } from "./storage.ts";
import { Names } from "./symbols.ts";
import { ALL } from "./watch.ts";

export class Context {
  readonly painter = new Painter();
  readonly settings = new Signal<Settings>(settingsFrom(load("settings")));
  readonly lists: Signal<Lists>;
  /** Whether the lists are the first visitor's, who has chosen nothing yet. */
  isFirst: boolean;
  readonly alerts = new Signal<readonly Alert[]>(alertsFrom(load("alerts")));
  readonly names = new Signal(new Names());
  /** Whether no symbol can come that isn't among the names. */
  complete = false;
  readonly selected = new Signal<string | null>(null);
  readonly held = new Signal(false);
  /** Whether the feed is a replay, which can be asked where it is. */
  readonly isReplay = new Signal(false);
  readonly replay = new Signal<ReplayStatus | null>(null);
  readonly palette: Signal<Palette>;
  readonly live: Live;
  private readonly toasts: ((text: string) => void)[] = [];

  constructor(palette: Palette) {
    this.palette = new Signal(palette);
    const stored = listsFrom(load("lists"));
    this.isFirst = stored === null;
    this.lists = new Signal(stored ?? firstLists([]));
    const { encoding, interval, rate } = this.settings.value;
    // The address wins over what was chosen before: `/?encoding=msgpack`.
    const asked = new URLSearchParams(location.search).get("encoding");
    this.live = new Live(ENCODINGS.find((each) => each === asked) ?? encoding, interval, rate, () => this.painter.ask());
    this.settings.watch((settings) => this.painter.keepPace(settings.rate));
    let before = this.settings.value;
    this.settings.onChange((settings) => {
      save("settings", settings);
      if (settings.rate !== before.rate) this.live.setRate(settings.rate);
      if (settings.encoding !== before.encoding) this.live.use(settings.encoding);
      before = settings;
    });
    this.lists.onChange((lists) => save("lists", lists));
    this.alerts.onChange((alerts) => save("alerts", alerts));
    for (const signal of [this.lists, this.alerts, this.selected] as Signal<unknown>[]) signal.onChange(() => this.want());
    this.held.onChange((held) => {
      if (held) this.live.board.hold();
      else this.live.board.release();
      this.painter.ask(true);
    });
  }

  set(change: Partial<Settings>): void {
    this.settings.value = { ...this.settings.value, ...change };
  }

  /** The symbols of the current list in its own order; of "all", those that are known. */
  listed(): string[] {
    const list = currentList(this.lists.value);
    if (list) return list.symbols;
    return [...new Set([...this.names.value.all, ...this.live.board.symbols])];
  }

  /** Ask the server for what is listed, looked at, or waited for by an alert. */
  want(): void {
    const { value: lists } = this.lists;
    if (lists.current === null) return this.live.want([ALL]);
    const waiting = this.alerts.value.filter(({ reachedMs }) => reachedMs === null).map(({ symbol }) => symbol);
    const selected = this.selected.value;
    this.live.want(new Set([...this.listed(), ...waiting, ...(selected === null ? [] : [selected])]));
  }

  /** Tell the user something in passing. */
  say(text: string): void {
    for (const toast of this.toasts) toast(text);
  }

  onSay(toast: (text: string) => void): void {
    this.toasts.push(toast);
  }
}
