import assert from "node:assert/strict";
import { test } from "node:test";
import { add, create, currentList, deleteList, firstLists, listsFrom, mergeLists, moveSymbol, offer, openShared, remove, rename, reorder, restoreList, restoreSymbol, SHARED_NAME } from "../../src/watchlist/lists.ts";

const lists = create(firstLists(["A", "B"]), "Tech", ["C"]);
const symbols = (of: typeof lists): string[] | undefined => currentList(of)?.symbols;

test("added symbols come first, without duplicates", () => {
  assert.deepEqual(symbols(add(lists, ["D", "C", "E", "D"])), ["D", "E", "C"]);
});

test("only the current list changes", () => {
  const after = remove(add(lists, ["D"]), "C");
  assert.deepEqual(symbols(after), ["D"]);
  assert.deepEqual(after.lists[0]?.symbols, ["A", "B"]);
});

test("stored values that are not lists are skipped", () => {
  assert.equal(listsFrom({ lists: [null] }), null);
  assert.deepEqual(listsFrom({ current: "A", lists: [null, 5, { name: "A", symbols: ["X", 7, null] }] }), { current: "A", lists: [{ name: "A", symbols: ["X"] }] });
});

test("a symbol is moved to an index, at most to the ends", () => {
  assert.deepEqual(moveSymbol(["A", "B", "C"], "A", 1), ["B", "A", "C"]);
  assert.deepEqual(moveSymbol(["A", "B", "C"], "C", -4), ["C", "A", "B"]);
  assert.deepEqual(moveSymbol(["A", "B", "C"], "A", 99), ["B", "C", "A"]);
});

test("reordering with fewer symbols drops none", () => {
  assert.deepEqual(symbols(reorder(firstLists(["A", "B", "C"]), ["C", "X", "A"])), ["C", "A", "B"]);
});

test("list names are unique", () => {
  assert.equal(create(lists, "Tech").current, "Tech 2");
  assert.equal(rename(lists, "Watchlist").current, "Watchlist 2");
  assert.equal(rename(lists, "Tech").current, "Tech");
});

test("deleting a list selects another, and the only list is emptied", () => {
  const rest = deleteList(lists);
  assert.equal(rest.current, "Watchlist");
  assert.deepEqual(deleteList(rest).lists, [{ name: "Watchlist", symbols: [] }]);
});

test("a link opens the list with its symbols, or the list for links", () => {
  assert.equal(openShared(lists, ["C"]), lists);
  assert.equal(openShared(lists, ["A", "B"]).current, "Watchlist");
  const linked = openShared(lists, ["X", "Y"]);
  assert.equal(linked.current, SHARED_NAME);
  assert.deepEqual(symbols(linked), ["X", "Y"]);
  assert.equal(openShared({ ...linked, current: "Tech" }, ["Z"]).lists.length, 3, "only one list for links exists");
});

test("stored lists are restored, and invalid ones are skipped", () => {
  assert.deepEqual(listsFrom(JSON.parse(JSON.stringify(lists))), lists);
  assert.equal(listsFrom(null), null);
  assert.equal(listsFrom({ lists: "no" }), null);
  assert.equal(listsFrom({ lists: [{ name: 5 }] }), null);
  assert.deepEqual(listsFrom({ current: "gone", lists: [{ name: "L", symbols: ["A", 5, "*", "A"] }] }), {
    current: "L",
    lists: [{ name: "L", symbols: ["A"] }],
  });
  assert.equal(listsFrom({ current: null, lists: [{ name: "L", symbols: [] }] })?.current, null);
});

test("an unedited list has the symbols of the current server", () => {
  const first = offer(firstLists([]), true, ["A", "B", "C"], 2);
  assert.deepEqual(symbols(first), ["A", "B"]);
  assert.deepEqual(symbols(offer(first, false, ["X", "Y"], 2)), ["X", "Y"]);
  assert.equal(offer(first, false, ["B", "X"], 2), first, "the server has some of its symbols");
  assert.equal(offer(first, false, [], 2), first);
  const chosen = add(first, ["C"]);
  assert.equal(offer(chosen, false, ["X", "Y"], 2), chosen, "the user edited it");
  assert.deepEqual(listsFrom(JSON.parse(JSON.stringify(first))), first, "this survives storage");
});

test("undo restores the position", () => {
  const now = remove(add(remove(firstLists(["A", "B", "C"]), "B"), ["D"]), "A");
  assert.deepEqual(symbols(restoreSymbol(now, "Watchlist", "B", 1)), ["D", "B", "C"]);
  assert.deepEqual(symbols(restoreSymbol(now, "Watchlist", "C", 0)), ["D", "C"], "a symbol already present is not added");
  assert.deepEqual(restoreList(deleteList(lists), lists), lists);
  assert.deepEqual(restoreList(create(deleteList(lists), "New"), lists).lists.map(({ name }) => name), ["Watchlist", "Tech", "New"]);
});

test("another window's lists are taken over, and the current list stays", () => {
  const theirs = { ...add(lists, ["D"]), current: "Watchlist" };
  assert.equal(mergeLists(lists, theirs).current, "Tech");
  assert.deepEqual(symbols(mergeLists(lists, theirs)), ["D", "C"]);
  assert.equal(mergeLists(lists, deleteList(lists)).current, "Watchlist");
});
