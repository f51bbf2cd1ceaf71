// What all views share: the stream's side, what the user chose, and what is looked at; remembered in the browser.

import { AlertBook, CHANGED } from "./alertbook.ts";
import { firstLists, currentList, followed, listsFrom, type Lists } from "./lists.ts";
import { Live } from "./live.ts";
import { Painter } from "./painter.ts";
import type { Palette } from "./palette.ts";
import { TRANSPORTS } from "./pipes/pipe.ts";
import { ENCODINGS } from "./protocol.ts";
import type { ReplayStatus } from "./replay.ts";
import { Room } from "./room.ts";
import { settingsFrom, type Settings } from "./settings.ts";
import { Signal } from "./signal.ts";
import { follow, load, save } from "./storage.ts";
import { Names } from "./symbols.ts";
import { ALL } from "./watch.ts";
import type { Who } from "./who.ts";

/** A word to the user, and what can be done about it. */
export interface Saying {
  text: string;
  action?: { label: string; act: () => void };
  /** When it was said, of what stays until it is taken away. */
  since?: number;
}

export class Context {
  readonly painter = new Painter();
  readonly settings = new Signal<Settings>(settingsFrom(load("settings")));
  readonly lists: Signal<Lists>;
  /** Whether the lists are the first visitor's, who has chosen nothing yet. */
  isFirst: boolean;
  /** Who one is on this connection; null while there is none. */
  readonly who = new Signal<Who | null>(null);
  readonly alerts: AlertBook;
  readonly room: Room;
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
    this.live = new Live(ENCODINGS.find((each) => each === asked) ?? encoding, interval, rate, () => this.painter.ask(), transport);
    this.alerts = new AlertBook((ops) => this.live.tell(ops), { load, save });
    this.room = new Room((ops) => this.live.tell(ops), { load, save });
    for (const guest of [this.alerts, this.room]) this.live.guests.push((message) => guest.take(message));
    this.who.onChange((who) => {
      if (who) {
        this.alerts.begin(who.owner, who.name, this.live.limits?.alerts);
        this.room.begin();
      } else {
        this.alerts.end();
        this.room.end();
      }
    });
    this.settings.watch((settings) => this.painter.keepPace(settings.rate));
    let before = this.settings.value;
    this.settings.onChange((settings) => {
      save("settings", settings);
      if (settings.rate !== before.rate) this.live.setRate(settings.rate);
      if (settings.encoding !== before.encoding) this.live.use(settings.encoding);
      before = settings;
    });
    this.lists.onChange((lists) => save("lists", lists));
    // What another window changes is changed here, too; else the last one to save would undo what the others did.
    follow({
      lists: (stored) => (this.lists.value = followed(this.lists.value, listsFrom(stored) ?? this.lists.value)),
      [CHANGED]: () => this.alerts.refresh(),
      settings: (stored) => {
        // Two windows side by side may show different bars in different orders.
        const { interval, sort } = this.settings.value;
        this.settings.value = { ...settingsFrom(stored), interval, sort };
      },
    });
    for (const signal of [this.lists, this.selected] as Signal<unknown>[]) signal.onChange(() => this.want());
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

  /** Ask the server for what is listed or looked at. */
  want(): void {
    const { value: lists } = this.lists;
    if (lists.current === null) return this.live.want([ALL]);
    const selected = this.selected.value;
    // If these are too many for the server, the last ones go without.
    this.live.want(new Set([...(selected === null ? [] : [selected]), ...this.listed()]));
  }

  /** Tell the user something in passing. */
  say(text: string, action?: Saying["action"]): void {
    this.tell(action ? { text, action } : { text });
  }

  /** Tell the user something that stays until it is taken away. */
  announce(text: string, since: number, action?: Saying["action"]): void {
    this.tell(action ? { text, since, action } : { text, since });
  }

  private tell(saying: Saying): void {
    for (const toast of this.toasts) toast(saying);
  }

  onSay(toast: (saying: Saying) => void): void {
    this.toasts.push(toast);
  }
}
