import assert from "node:assert/strict";
import { test } from "node:test";
import { add, create, currentList, drop, firstLists, followed, listsFrom, moved, offer, putBack, remove, rename, reorder, restored, shared, SHARED_NAME } from "../src/lists.ts";

const lists = create(firstLists(["A", "B"]), "Tech", ["C"]);
const symbols = (of: typeof lists): string[] | undefined => currentList(of)?.symbols;

test("what is added comes first, and each once", () => {
  assert.deepEqual(symbols(add(lists, ["D", "C", "E", "D"])), ["D", "E", "C"]);
});

test("only the current list changes", () => {
  const after = remove(add(lists, ["D"]), "C");
  assert.deepEqual(symbols(after), ["D"]);
  assert.deepEqual(after.lists[0]?.symbols, ["A", "B"]);
});

test("what was stored and is no list is passed over", () => {
  assert.equal(listsFrom({ lists: [null] }), null);
  assert.deepEqual(listsFrom({ current: "A", lists: [null, 5, { name: "A", symbols: ["X", 7, null] }] }), { current: "A", lists: [{ name: "A", symbols: ["X"] }] });
});

test("a symbol is moved to a place, and no further than the ends", () => {
  assert.deepEqual(moved(["A", "B", "C"], "A", 1), ["B", "A", "C"]);
  assert.deepEqual(moved(["A", "B", "C"], "C", -4), ["C", "A", "B"]);
  assert.deepEqual(moved(["A", "B", "C"], "A", 99), ["B", "C", "A"]);
});

test("an order that knows fewer symbols loses none", () => {
  assert.deepEqual(symbols(reorder(firstLists(["A", "B", "C"]), ["C", "X", "A"])), ["C", "A", "B"]);
});

test("two lists never have one name", () => {
  assert.equal(create(lists, "Tech").current, "Tech 2");
  assert.equal(rename(lists, "Watchlist").current, "Watchlist 2");
  assert.equal(rename(lists, "Tech").current, "Tech");
});

test("dropping a list leaves another, and the last one is emptied", () => {
  const rest = drop(lists);
  assert.equal(rest.current, "Watchlist");
  assert.deepEqual(drop(rest).lists, [{ name: "Watchlist", symbols: [] }]);
});

test("an address opens the list that it is of, or one for links", () => {
  assert.equal(shared(lists, ["C"]), lists);
  assert.equal(shared(lists, ["A", "B"]).current, "Watchlist");
  const linked = shared(lists, ["X", "Y"]);
  assert.equal(linked.current, SHARED_NAME);
  assert.deepEqual(symbols(linked), ["X", "Y"]);
  assert.equal(shared({ ...linked, current: "Tech" }, ["Z"]).lists.length, 3, "there is one list for links");
});

test("what was stored comes back, and what is spoilt is left out", () => {
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

test("who has chosen nothing is shown what the server offers, and what another server offers, too", () => {
  const first = offer(firstLists([]), true, ["A", "B", "C"], 2);
  assert.deepEqual(symbols(first), ["A", "B"]);
  assert.deepEqual(symbols(offer(first, false, ["X", "Y"], 2)), ["X", "Y"]);
  assert.equal(offer(first, false, ["B", "X"], 2), first, "some of it is there");
  assert.equal(offer(first, false, [], 2), first);
  const chosen = add(first, ["C"]);
  assert.equal(offer(chosen, false, ["X", "Y"], 2), chosen, "it was changed by hand");
  assert.deepEqual(listsFrom(JSON.parse(JSON.stringify(first))), first, "and that is remembered");
});

test("what is undone comes back to its place", () => {
  const now = remove(add(remove(firstLists(["A", "B", "C"]), "B"), ["D"]), "A");
  assert.deepEqual(symbols(putBack(now, "Watchlist", "B", 1)), ["D", "B", "C"]);
  assert.deepEqual(symbols(putBack(now, "Watchlist", "C", 0)), ["D", "C"], "it is there already");
  assert.deepEqual(restored(drop(lists), lists), lists);
  assert.deepEqual(restored(create(drop(lists), "New"), lists).lists.map(({ name }) => name), ["Watchlist", "Tech", "New"]);
});

test("another window's lists are taken over, and the one that is shown stays", () => {
  const theirs = { ...add(lists, ["D"]), current: "Watchlist" };
  assert.equal(followed(lists, theirs).current, "Tech");
  assert.deepEqual(symbols(followed(lists, theirs)), ["D", "C"]);
  assert.equal(followed(lists, drop(lists)).current, "Watchlist");
});
