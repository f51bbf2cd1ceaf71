import assert from "node:assert/strict";
import { test } from "node:test";
import { add, create, currentList, drop, firstLists, listsFrom, moved, remove, rename, reorder, shared, SHARED_NAME } from "../src/lists.ts";

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
