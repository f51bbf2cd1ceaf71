// The named watchlists: what can be done with them, and reading them back from the browser's storage. Pure.

import { isSymbol } from "./symbols.ts";

export interface List {
  name: string;
  symbols: string[];
  /** True as long as it is what a server offered, and nobody has changed it: another server may offer others. */
  offered?: boolean;
}

/** `current` is a list's name, or null: all symbols that the server has. */
export interface Lists {
  current: string | null;
  lists: List[];
}

export const FIRST_NAME = "Watchlist";
export const SHARED_NAME = "From a link";

export function firstLists(symbols: readonly string[]): Lists {
  return { current: FIRST_NAME, lists: [{ name: FIRST_NAME, symbols: [...symbols] }] };
}

/** What was stored, as far as it holds; null if nothing of it does. */
export function listsFrom(stored: unknown): Lists | null {
  const found = stored as Partial<Lists> | null;
  if (!found || !Array.isArray(found.lists)) return null;
  const lists: List[] = [];
  for (const each of found.lists as (Partial<List> | null)[]) {
    const { name, symbols, offered } = each ?? {};
    if (typeof name !== "string" || !Array.isArray(symbols) || lists.some((list) => list.name === name)) continue;
    const known = [...new Set(symbols.filter((symbol) => typeof symbol === "string" && isSymbol(symbol)))];
    lists.push({ name, symbols: known, ...(offered === true ? { offered } : {}) });
  }
  if (lists.length === 0) return null;
  const current = found.current === null || lists.some(({ name }) => name === found.current) ? found.current! : lists[0]!.name;
  return { current, lists };
}

export function currentList(lists: Lists): List | null {
  return lists.lists.find(({ name }) => name === lists.current) ?? null;
}

function changed(lists: Lists, change: (symbols: string[]) => string[]): Lists {
  return { ...lists, lists: lists.lists.map((list) => (list.name === lists.current ? { name: list.name, symbols: change(list.symbols) } : list)) };
}

/**
 * The lists with the first symbols that a server offers in those that nobody has chosen: the first visitor's empty one,
 * and what another server offered before, none of which this one has.
 */
export function offer(lists: Lists, isFirst: boolean, symbols: readonly string[], most: number): Lists {
  const known = new Set(symbols);
  const isOpen = (list: List): boolean =>
    (isFirst && list.name === FIRST_NAME && list.symbols.length === 0) || (list.offered === true && !list.symbols.some((symbol) => known.has(symbol)));
  if (symbols.length === 0 || !lists.lists.some(isOpen)) return lists;
  return { ...lists, lists: lists.lists.map((list) => (isOpen(list) ? { name: list.name, symbols: symbols.slice(0, most), offered: true } : list)) };
}

/** What another window has made of the lists; this one goes on showing the one that it shows. */
export function followed(mine: Lists, theirs: Lists): Lists {
  const isThere = mine.current === null || theirs.lists.some(({ name }) => name === mine.current);
  return isThere ? { ...theirs, current: mine.current } : theirs;
}

/** New symbols come first, where they are seen at once. */
export function add(lists: Lists, symbols: readonly string[]): Lists {
  return changed(lists, (have) => [...new Set([...symbols.filter((symbol) => !have.includes(symbol)), ...have])]);
}

export function remove(lists: Lists, symbol: string): Lists {
  return changed(lists, (have) => have.filter((each) => each !== symbol));
}

export function removeAll(lists: Lists, symbols: ReadonlySet<string>): Lists {
  return changed(lists, (have) => have.filter((each) => !symbols.has(each)));
}

/** Put the symbols in this order: what the screen shows becomes the list's own order. */
export function reorder(lists: Lists, symbols: readonly string[]): Lists {
  return changed(lists, (have) => [...symbols.filter((symbol) => have.includes(symbol)), ...have.filter((symbol) => !symbols.includes(symbol))]);
}

/** The symbols with one of them moved to a place. */
export function moved(symbols: readonly string[], symbol: string, to: number): string[] {
  const rest = symbols.filter((each) => each !== symbol);
  rest.splice(Math.max(0, Math.min(rest.length, to)), 0, symbol);
  return rest;
}

/** A name that no list has yet: "Tech", "Tech 2" … */
export function freeName(lists: Lists, wanted: string): string {
  const name = wanted.trim().slice(0, 40) || FIRST_NAME;
  for (let number = 1; ; number++) {
    const tried = number === 1 ? name : `${name} ${number}`;
    if (!lists.lists.some((list) => list.name === tried)) return tried;
  }
}

export function create(lists: Lists, wanted: string, symbols: readonly string[] = []): Lists {
  const name = freeName(lists, wanted);
  return { current: name, lists: [...lists.lists, { name, symbols: [...symbols] }] };
}

export function rename(lists: Lists, wanted: string): Lists {
  if (lists.current === null || wanted.trim() === lists.current) return lists;
  const name = freeName(lists, wanted);
  return { current: name, lists: lists.lists.map((list) => (list.name === lists.current ? { ...list, name } : list)) };
}

/** Without the current list. The last one stays, emptied. */
export function drop(lists: Lists): Lists {
  if (lists.current === null) return lists;
  if (lists.lists.length === 1) return changed(lists, () => []);
  const rest = lists.lists.filter(({ name }) => name !== lists.current);
  return { current: rest[0]!.name, lists: rest };
}

/** The lists with a symbol where it was in one of them, however the others were changed since. */
export function putBack(lists: Lists, name: string, symbol: string, at: number): Lists {
  const back = (list: List): List => ({ name, symbols: list.symbols.includes(symbol) ? list.symbols : list.symbols.toSpliced(at, 0, symbol) });
  return { ...lists, lists: lists.lists.map((list) => (list.name === name ? back(list) : list)) };
}

/** The lists with the one that was current before, as it was then: what took it away is undone, and nothing else. */
export function restored(lists: Lists, before: Lists): Lists {
  const at = before.lists.findIndex(({ name }) => name === before.current);
  const list = before.lists[at];
  if (!list) return lists;
  const others = lists.lists.filter(({ name }) => name !== list.name);
  return { current: list.name, lists: [...others.slice(0, at), list, ...others.slice(at)] };
}

/** The list that an address shares: one that has just these symbols, or a list for links, made or filled anew. */
export function shared(lists: Lists, symbols: readonly string[]): Lists {
  const same = (list: List): boolean => list.symbols.length === symbols.length && list.symbols.every((each, at) => each === symbols[at]);
  const current = currentList(lists);
  if (current && same(current)) return lists;
  const known = lists.lists.find(same);
  if (known) return { ...lists, current: known.name };
  const others = lists.lists.filter(({ name }) => name !== SHARED_NAME);
  return { current: SHARED_NAME, lists: [...others, { name: SHARED_NAME, symbols: [...symbols] }] };
}
