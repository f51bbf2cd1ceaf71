// What the views share: the stream, the user's settings and lists, and the current selection.

import { AlertStore, CHANGED } from "../alerts/alert_store.ts";
import type { ReplayStatus } from "../client/replay.ts";
import type { Session } from "../client/session.ts";
import { Stream } from "../client/stream.ts";
import { ALL } from "../client/ticker_channel.ts";
import { Painter } from "../core/painter.ts";
import type { Palette } from "../core/palette.ts";
import { Signal } from "../core/signal.ts";
import { load, onOtherWindow, save } from "../core/storage.ts";
import { type MarketCalendar, UTC_DAYS } from "../market/calendar.ts";
import { ENCODINGS } from "../protocol/messages.ts";
import { Room } from "../rooms/room.ts";
import { TRANSPORT_NAMES } from "../transports/transport.ts";
import { currentList, firstLists, type Lists, listsFrom, mergeLists } from "../watchlist/lists.ts";
import { SymbolNames } from "../watchlist/symbols.ts";
import { type Settings, settingsFrom } from "./settings.ts";

/** What the server tells about its feed. */
export interface FeedInfo {
  title: string;
  /** What the feed assumed, put right or left out: a sentence each. */
  notes: readonly string[];
  calendar: MarketCalendar;
  /** Of the symbols with other trading days. */
  calendars: ReadonlyMap<string, MarketCalendar>;
}

/** A message over the page, with an action for the user to take. */
export interface Toast {
  text: string;
  action?: { label: string; act: () => void };
  /** Of a toast that stays until it is dismissed: when its event happened, in ms. */
  since?: number;
}

export class Context {
  readonly painter = new Painter();
  readonly settings = new Signal<Settings>(settingsFrom(load("settings")));
  readonly lists: Signal<Lists>;
  /** Whether this browser had no lists and the user has not edited the first one. */
  isFirstVisit: boolean;
  /** Null while not connected. */
  readonly session = new Signal<Session | null>(null);
  readonly alerts: AlertStore;
  readonly room: Room;
  readonly names = new Signal(new SymbolNames());
  /** Whether the feed can't add symbols to `names`. */
  isComplete = false;
  readonly feedInfo = new Signal<FeedInfo>({ title: "", notes: [], calendar: UTC_DAYS, calendars: new Map() });
  /** The server's version and feed, for the help dialog. */
  readonly serverText = new Signal("");
  readonly selected = new Signal<string | null>(null);
  readonly paused = new Signal(false);
  readonly isReplay = new Signal(false);
  readonly replay = new Signal<ReplayStatus | null>(null);
  readonly palette: Signal<Palette>;
  readonly stream: Stream;
  private readonly toastListeners: ((toast: Toast) => void)[] = [];

  constructor(palette: Palette) {
    this.palette = new Signal(palette);
    const stored = listsFrom(load("lists"));
    this.isFirstVisit = stored === null;
    this.lists = new Signal(stored ?? firstLists([]));
    const { encoding, interval, rate } = this.settings.value;
    // The URL overrides the settings: `/?encoding=msgpack`.
    const query = new URLSearchParams(location.search);
    const transport = TRANSPORT_NAMES.find((each) => each === query.get("transport")) ?? null;
    this.stream = new Stream(ENCODINGS.find((each) => each === query.get("encoding")) ?? encoding, interval, rate, () => this.painter.request(), transport);
    this.alerts = new AlertStore((ops) => this.stream.send(ops), { load, save });
    this.room = new Room((ops) => this.stream.send(ops), { load, save });
    for (const handler of [this.alerts, this.room]) this.stream.handlers.push((message) => handler.handle(message));
    this.session.onChange((session) => {
      if (session) {
        this.alerts.connected(session.owner, session.name, this.stream.limits?.alerts);
        this.room.connected();
      } else {
        this.alerts.disconnected();
        this.room.disconnected();
      }
    });
    this.settings.watch((settings) => this.painter.setRate(settings.rate));
    let before = this.settings.value;
    this.settings.onChange((settings) => {
      save("settings", settings);
      if (settings.rate !== before.rate) this.stream.setRate(settings.rate);
      if (settings.encoding !== before.encoding) this.stream.setEncoding(settings.encoding);
      before = settings;
    });
    this.lists.onChange((lists) => save("lists", lists));
    // Take over the changes of other windows: otherwise the last window to save would undo them.
    onOtherWindow({
      lists: (stored) => (this.lists.value = mergeLists(this.lists.value, listsFrom(stored) ?? this.lists.value)),
      [CHANGED]: () => this.alerts.refresh(),
      settings: (stored) => {
        // Each window keeps its own interval and sort order.
        const { interval, sort } = this.settings.value;
        this.settings.value = { ...settingsFrom(stored), interval, sort };
      },
    });
    for (const signal of [this.lists, this.selected] as Signal<unknown>[]) signal.onChange(() => this.watch());
    this.paused.onChange((paused) => {
      if (paused) this.stream.board.pause();
      else this.stream.board.resume();
      this.painter.request(true);
    });
  }

  set(change: Partial<Settings>): void {
    this.settings.value = { ...this.settings.value, ...change };
  }

  /** The symbols of the current list in its own order; of "All symbols", those that are known. */
  listed(): string[] {
    const list = currentList(this.lists.value);
    if (list) return list.symbols;
    return [...new Set([...this.names.value.all, ...this.stream.board.symbols])];
  }

  /** Subscribe to the current list and the selected symbol. */
  watch(): void {
    const { value: lists } = this.lists;
    if (lists.current === null) return this.stream.watch([ALL]);
    const selected = this.selected.value;
    // The server's limit drops the last symbols: the selected one comes first.
    this.stream.watch(new Set([...(selected === null ? [] : [selected]), ...this.listed()]));
  }

  /** Show a message that disappears by itself. */
  toast(text: string, action?: Toast["action"]): void {
    this.show(action ? { text, action } : { text });
  }

  /** Show a message that stays until the user dismisses it. */
  stickyToast(text: string, since: number, action?: Toast["action"]): void {
    this.show(action ? { text, since, action } : { text, since });
  }

  private show(toast: Toast): void {
    for (const listener of this.toastListeners) listener(toast);
  }

  onToast(listener: (toast: Toast) => void): void {
    this.toastListeners.push(listener);
  }
}
