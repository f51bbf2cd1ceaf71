"""Which of the unused items is deleted next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ticker.hub.eviction_order import EvictionOrder


def order(*items: tuple[str, str]) -> EvictionOrder[str]:
    found: EvictionOrder[str] = EvictionOrder()
    for source, item in items:
        found.add(source, item)
    return found


def drained(found: EvictionOrder[str], sources: dict[str, str]) -> list[str]:
    items = []
    while (item := found.next()) is not None:
        items.append(item)
        found.discard(sources[item], item)
    return items


def test_the_source_with_most_items_loses_its_oldest() -> None:
    """Until it has no more than others."""
    items = [("a", "a1"), ("b", "b1"), ("b", "b2"), ("b", "b3"), ("a", "a2")]
    found = order(*items)
    assert drained(found, {item: source for source, item in items})[:3] == ["b1", "a1", "b2"]


def test_items_without_a_source_count_as_one_each() -> None:
    """However many they are."""
    items = [("", "x1"), ("", "x2"), ("", "x3"), ("a", "a1"), ("a", "a2")]
    found = order(*items)
    assert found.next() == "a1"
    found.discard("a", "a1")
    assert drained(found, {item: source for source, item in items}) == ["x1", "x2", "x3", "a2"]


def test_an_item_added_again_is_the_newest() -> None:
    found = order(("a", "1"), ("a", "2"), ("a", "1"))
    assert (found.next(), len(found), found.oldest_of("a"), found.oldest_of("b")) == ("2", 2, "2", None)
    found.discard("b", "1")
    assert len(found) == 2
    assert EvictionOrder[str]().next() is None


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 30)), max_size=80), st.integers(0, 40))
def test_a_source_with_no_more_than_its_share_loses_nothing(items: list[tuple[str, int]], most: int) -> None:
    """Evicting down to a number of items leaves each source that many divided by the sources, if it had them."""
    found: EvictionOrder[tuple[str, int]] = EvictionOrder()
    for item in items:
        found.add(item[0], item)
    left = set(items)
    while len(found) > most and (evicted := found.next()) is not None:
        found.discard(evicted[0], evicted)
        left.discard(evicted)
    sources = {source for source, _ in items}
    for source in sources:
        had, has = len({each for each in items if each[0] == source}), sum(each[0] == source for each in left)
        assert has >= min(had, most // len(sources))
