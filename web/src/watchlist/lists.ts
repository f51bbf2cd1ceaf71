// Named watchlists: operations on them, and validating stored ones. Each operation returns a new value.

import { isSymbol } from "./symbols.ts";

export interface List {
  name: string;
  symbols: string[];
  /** True while the list is what a server offered and the user has not changed it: another server may replace it. */
  offered?: boolean;
}

/** `current`: a list's name, or null for all symbols of the server. */
export interface Lists {
  current: string | null;
  lists: List[];
}

const FIRST_NAME = "Watchlist";
export const SHARED_NAME = "From a link";

export function firstLists(symbols: readonly string[]): Lists {
  return { current: FIRST_NAME, lists: [{ name: FIRST_NAME, symbols: [...symbols] }] };
}

/** The valid part of stored lists; null if there is none. */
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
 * Put a server's first symbols on the lists that the user has not edited: a first visitor's empty list, and a list that
 * another server offered and of which this one has no symbol.
 */
export function offer(lists: Lists, isFirstVisit: boolean, symbols: readonly string[], max: number): Lists {
  const known = new Set(symbols);
  const isUnedited = (list: List): boolean =>
    (isFirstVisit && list.name === FIRST_NAME && list.symbols.length === 0) || (list.offered === true && !list.symbols.some((symbol) => known.has(symbol)));
  if (symbols.length === 0 || !lists.lists.some(isUnedited)) return lists;
  return { ...lists, lists: lists.lists.map((list) => (isUnedited(list) ? { name: list.name, symbols: symbols.slice(0, max), offered: true } : list)) };
}

/** Another window's lists; this window keeps its current list if that still exists. */
export function mergeLists(mine: Lists, theirs: Lists): Lists {
  const isThere = mine.current === null || theirs.lists.some(({ name }) => name === mine.current);
  return isThere ? { ...theirs, current: mine.current } : theirs;
}

/** Add symbols at the top, where they are visible. */
export function add(lists: Lists, symbols: readonly string[]): Lists {
  return changed(lists, (have) => [...new Set([...symbols.filter((symbol) => !have.includes(symbol)), ...have])]);
}

export function remove(lists: Lists, symbol: string): Lists {
  return changed(lists, (have) => have.filter((each) => each !== symbol));
}

export function removeAll(lists: Lists, symbols: ReadonlySet<string>): Lists {
  return changed(lists, (have) => have.filter((each) => !symbols.has(each)));
}

/** Reorder the current list. Symbols missing from `symbols` stay at the end. */
export function reorder(lists: Lists, symbols: readonly string[]): Lists {
  return changed(lists, (have) => [...symbols.filter((symbol) => have.includes(symbol)), ...have.filter((symbol) => !symbols.includes(symbol))]);
}

/** Move a symbol to an index. */
export function moveSymbol(symbols: readonly string[], symbol: string, to: number): string[] {
  const rest = symbols.filter((each) => each !== symbol);
  rest.splice(Math.max(0, Math.min(rest.length, to)), 0, symbol);
  return rest;
}

/** An unused name: "Tech", "Tech 2" … */
function uniqueName(lists: Lists, wanted: string): string {
  const name = wanted.trim().slice(0, 40) || FIRST_NAME;
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name} ${number}`;
    if (!lists.lists.some((list) => list.name === candidate)) return candidate;
  }
}

export function create(lists: Lists, wanted: string, symbols: readonly string[] = []): Lists {
  const name = uniqueName(lists, wanted);
  return { current: name, lists: [...lists.lists, { name, symbols: [...symbols] }] };
}

export function rename(lists: Lists, wanted: string): Lists {
  if (lists.current === null || wanted.trim() === lists.current) return lists;
  const name = uniqueName(lists, wanted);
  return { current: name, lists: lists.lists.map((list) => (list.name === lists.current ? { ...list, name } : list)) };
}

/** Delete the current list. The only list is emptied instead. */
export function deleteList(lists: Lists): Lists {
  if (lists.current === null) return lists;
  if (lists.lists.length === 1) return changed(lists, () => []);
  const rest = lists.lists.filter(({ name }) => name !== lists.current);
  return { current: rest[0]!.name, lists: rest };
}

/** Undo a removal: insert the symbol again, without undoing later changes. */
export function restoreSymbol(lists: Lists, name: string, symbol: string, at: number): Lists {
  const back = (list: List): List => ({ name, symbols: list.symbols.includes(symbol) ? list.symbols : list.symbols.toSpliced(at, 0, symbol) });
  return { ...lists, lists: lists.lists.map((list) => (list.name === name ? back(list) : list)) };
}

/** Undo a deletion: insert the list that was current in `before`, without undoing later changes. */
export function restoreList(lists: Lists, before: Lists): Lists {
  const at = before.lists.findIndex(({ name }) => name === before.current);
  const list = before.lists[at];
  if (!list) return lists;
  const others = lists.lists.filter(({ name }) => name !== list.name);
  return { current: list.name, lists: [...others.slice(0, at), list, ...others.slice(at)] };
}

/** Open a shared list: the list with exactly these symbols, or else the list for links. */
export function openShared(lists: Lists, symbols: readonly string[]): Lists {
  const same = (list: List): boolean => list.symbols.length === symbols.length && list.symbols.every((each, at) => each === symbols[at]);
  const current = currentList(lists);
  if (current && same(current)) return lists;
  const known = lists.lists.find(same);
  if (known) return { ...lists, current: known.name };
  const others = lists.lists.filter(({ name }) => name !== SHARED_NAME);
  return { current: SHARED_NAME, lists: [...others, { name: SHARED_NAME, symbols: [...symbols] }] };
}
