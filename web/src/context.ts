// What all views share: the stream's side, what the user chose, and what is looked at; remembered in the browser.

import { alertsFrom, type Alert } from "./alerts.ts";
import { firstLists, currentList, followed, listsFrom, type Lists } from "./lists.ts";
import { Live } from "./live.ts";
import { Painter } from "./painter.ts";
import type { Palette } from "./palette.ts";
import { TRANSPORTS } from "./pipes/pipe.ts";
import { ENCODINGS } from "./protocol.ts";
import type { ReplayStatus } from "./replay.ts";
import { settingsFrom, type Settings } from "./settings.ts";
import { Signal } from "./signal.ts";
import { follow, load, save } from "./storage.ts";
import { Names } from "./symbols.ts";
import { ALL } from "./watch.ts";

/** A word to the user, and what can be done about it. */
export interface Saying {
  text: string;
  action?: { label: string; act: () => void };
}

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
  /** Called when something has come. */
  heard: (() => void) | null = null;
  private readonly toasts: ((saying: Saying) => void)[] = [];

  constructor(palette: Palette) {
    this.palette = new Signal(palette);
    const stored = listsFrom(load("lists"));
    this.isFirst = stored === null;
    this.lists = new Signal(stored ?? firstLists([]));
    const { encoding, interval, rate } = this.settings.value;
    // The address wins over what was chosen before: `/?encoding=msgpack`.
    const address = new URLSearchParams(location.search);
    const asked = address.get("encoding");
    const transport = TRANSPORTS.find((each) => each === address.get("transport")) ?? null;
    this.live = new Live(ENCODINGS.find((each) => each === asked) ?? encoding, interval, rate, () => {
      this.painter.ask();
      this.heard?.();
    }, transport);
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
    // What another window changes is changed here, too; else the last one to save would undo what the others did.
    follow({
      lists: (stored) => (this.lists.value = followed(this.lists.value, listsFrom(stored) ?? this.lists.value)),
      alerts: (stored) => (this.alerts.value = alertsFrom(stored)),
      settings: (stored) => {
        // Two windows side by side may show different bars in different orders.
        const { interval, sort } = this.settings.value;
        this.settings.value = { ...settingsFrom(stored), interval, sort };
      },
    });
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
    // If these are too many for the server, the last ones go without.
    this.live.want(new Set([...(selected === null ? [] : [selected]), ...waiting, ...this.listed()]));
  }

  /** Tell the user something in passing. */
  say(text: string, action?: Saying["action"]): void {
    for (const toast of this.toasts) toast(action ? { text, action } : { text });
  }

  onSay(toast: (saying: Saying) => void): void {
    this.toasts.push(toast);
  }
}
