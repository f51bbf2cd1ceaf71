"""The client's latest values: updates, gaps, and the changes that the user takes."""

from __future__ import annotations

from typing import Any

from tests.support.scripted_server import update
from ticker.client.protocol.view import View


def view(*symbols: str) -> View:
    """A view with ``symbols`` subscribed."""
    made = View()
    made.watchlist.add(symbols)
    made.resume("one", same_epoch=False, message_bytes=65_536)
    made.watch(symbols)
    return made


def taken(made: View) -> list[tuple[str, dict[str, Any] | None]]:
    """All updates, as (symbol, changed); None for a symbol that was removed."""
    found: list[tuple[str, dict[str, Any] | None]] = []
    while (given := made.take()) is not None:
        found.append((given.symbol, None if given.removed else dict(given.changed)))
    return found


def test_an_update_has_all_values_and_those_that_changed() -> None:
    """None in ``changed`` is a field that lost its value."""
    made = view("A")
    made.apply(update(0, 1, {"A": {"last": 1.5, "bid": 1.0, "volume": 10}}))
    assert taken(made) == [("A", {"last": 1.5, "bid": 1.0, "volume": 10})]
    made.apply(update(1, 2, {"A": {"last": 1.6, "bid": None}}))
    given = made.take()
    assert given is not None
    assert given.changed == {"last": 1.6, "bid": None}
    assert (given.last, given.bid, given.volume) == (1.6, None, 10)
    assert made.board["A"].as_dict() == {"last": 1.6, "volume": 10}
    assert made.version == 2


def test_pending_changes_are_merged() -> None:
    """A slow consumer gets each symbol once with its latest values, in the order of the first change."""
    made = view("A", "B")
    for version in range(1, 1_000):
        made.apply(update(version - 1, version, {"B" if version % 2 else "A": {"last": version}}))
    assert taken(made) == [("B", {"last": 999}), ("A", {"last": 998})]


def test_a_taken_update_is_immutable() -> None:
    made = view("A")
    made.apply(update(0, 1, {"A": {"last": 1}}))
    first = made.take()
    made.apply(update(1, 2, {"A": {"last": 2}}))
    assert first is not None
    assert (first.last, made.board["A"].last) == (1, 2)


def test_a_reverted_change_is_skipped() -> None:
    """``changed`` is the difference to the last update that the user took."""
    made = view("A")
    made.apply(update(0, 1, {"A": {"last": 1, "bid": 5}}))
    taken(made)
    made.apply(update(1, 2, {"A": {"last": 2}}))
    made.apply(update(2, 3, {"A": {"last": 1}}))
    assert made.take() is None
    made.apply(update(2, 4, {"A": {"last": 1, "bid": 6}}))
    assert taken(made) == [("A", {"bid": 6})]


def test_an_update_after_a_gap_is_rejected() -> None:
    """Values and version stay."""
    made = view("A")
    made.apply(update(0, 5, {"A": {"last": 1}}))
    assert not made.apply(update(6, 7, {"A": {"last": 2}}))
    assert (made.version, made.board["A"].last) == (5, 1)
    assert made.apply(update(4, 7, {"A": {"last": 3}}))
    assert (made.version, made.board["A"].last) == (7, 3)


def test_a_part_of_a_snapshot_does_not_change_the_version() -> None:
    """If the connection breaks, the client resumes from before the snapshot."""
    made = view("A", "B")
    made.apply(update(0, 0, {"A": {"last": 1}}))
    assert made.version == 0
    made.apply(update(0, 9, {"B": {"last": 2}}))
    assert made.version == 9


def test_values_outside_the_watchlist_are_ignored() -> None:
    """They are from symbols that were just unsubscribed. With ``*`` there are none."""
    made = view("A")
    made.apply(update(0, 1, {"A": {"last": 1}, "B": {"last": 2}}))
    assert list(made.board) == ["A"]
    made.watch(["*"])
    made.apply(update(1, 2, {"B": {"last": 3}}))
    assert set(made.board) == {"A", "B"}


def test_a_removed_symbol_is_an_update_without_values() -> None:
    """A name of the watchlist stays on the board without values; one that matched ``*`` disappears."""
    made = view("A", "*")
    made.apply(update(0, 1, {"A": {"last": 1}, "B": {"last": 2}, "C": {"last": 3}}))
    made.take()
    made.take()
    made.apply(update(1, 2, {"A": None, "B": None, "C": None, "D": None}))
    assert list(made.board) == ["A"]
    assert made.board["A"].last is None
    # The user never saw C.
    assert taken(made) == [("A", None), ("B", None)]
    made.apply(update(2, 3, {"A": {"bid": 4}}))
    assert taken(made) == [("A", {"bid": 4})]


def test_a_symbol_that_is_removed_and_returns_is_one_change() -> None:
    """If the user didn't take the removal in between."""
    made = view("A")
    made.apply(update(0, 1, {"A": {"last": 1, "bid": 2, "ask": 3}}))
    taken(made)
    made.apply(update(1, 2, {"A": None}))
    made.apply(update(2, 3, {"A": {"last": 1, "bid": 9}}))
    assert taken(made) == [("A", {"bid": 9, "ask": None})]


def test_unsubscribing_drops_pending_changes() -> None:
    """And removes the symbol from the board. Other symbols are unaffected."""
    made = view("A", "B")
    made.apply(update(0, 1, {"A": {"last": 1}, "B": {"last": 2}}))
    made.unwatch(["A"])
    assert list(made.board) == ["B"]
    assert taken(made) == [("B", {"last": 2})]
    made.apply(update(1, 1, {"B": {"last": 3}}))
    made.unwatch(["B"])
    assert not made, "nothing waits any more"
    # After another subscribe all its values are new.
    made.watch(["A"])
    made.apply(update(1, 2, {"A": {"last": 1}}))
    assert taken(made) == [("A", {"last": 1})]


def test_a_reconnect_in_the_same_epoch_resumes_from_the_version() -> None:
    """Values stay, and only changes arrive."""
    made = view("A", "B")
    made.apply(update(0, 7, {"A": {"last": 1}, "B": {"last": 2}}))
    taken(made)
    (asked,) = made.resume("one", same_epoch=True, message_bytes=65_536)
    assert asked.since is not None
    assert (asked.symbols, asked.since.epoch, asked.since.version) == (["A", "B"], "one", 7)
    made.watch(["A", "B"])
    made.apply(update(7, 9, {"B": {"last": 3}}))
    assert taken(made) == [("B", {"last": 3})]


def test_a_symbol_without_a_complete_snapshot_is_requested_whole() -> None:
    """The connection broke before its first values: resuming from the version would miss them."""
    made = view("A")
    made.apply(update(0, 7, {"A": {"last": 1}}))
    made.watch(["B"])
    old, new = made.resume("one", same_epoch=True, message_bytes=65_536)
    assert old.since is not None
    assert (old.symbols, new.symbols, new.since) == (["A"], ["B"], None)
    assert made.fresh


def test_a_symbol_subscribed_during_a_snapshot_is_settled_by_the_next() -> None:
    """The snapshot under way doesn't have it."""
    made = view("A", "B")
    made.apply(update(0, 0, {"A": {"last": 1}}))  # a part
    made.watch(["C"])
    made.apply(update(0, 7, {"B": {"last": 2}}))  # its end
    assert made.fresh
    made.apply(update(7, 8, {"C": {"last": 3}}))
    assert not made.fresh


def test_symbols_that_do_not_fit_into_the_resuming_message_are_requested_whole() -> None:
    """A second message that resumes would be at the old version while the first's symbols are at the new one."""
    names = [letter * 40 for letter in "ABC"]
    made = view(*names)
    made.apply(update(0, 7, {name: {"last": 1} for name in names}))
    first, *rest = made.resume("one", same_epoch=True, message_bytes=560)
    assert first.since is not None
    assert [message.symbols for message in (first, *rest)] == [[name] for name in names]
    assert all(message.since is None for message in rest)
    assert [name for name in names if made.board[name].values] == names[:1]


def test_a_new_epoch_empties_the_board_and_missing_values_are_changes() -> None:
    """The user doesn't see the empty board. Fields and symbols that are gone change when the snapshot is complete."""
    made = view("A", "B", "*")
    made.apply(update(0, 7, {"A": {"last": 1, "open": 5}, "B": {"last": 2}, "C": {"last": 3}}))
    taken(made)
    made.apply(update(7, 8, {"A": {"last": 9}}))
    asked = made.resume("two", same_epoch=False, message_bytes=65_536)
    assert [message.since for message in asked] == [None]
    assert all(not seen.values for seen in made.board.values())
    assert taken(made) == []
    made.watch(["*", "A", "B"])
    made.apply(update(0, 3, {"A": {"last": 1, "bid": 6}}))
    assert taken(made) == [("A", {"bid": 6, "open": None}), ("B", {"last": None}), ("C", None)]
    assert set(made.board) == {"A", "B"}


def test_after_a_resume_from_0_values_outside_the_snapshot_are_gone() -> None:
    """The server doesn't have the client's version, although the epoch is the same."""
    made = view("A", "B")
    made.apply(update(0, 700, {"A": {"last": 1, "open": 5}, "B": {"last": 2}}))
    taken(made)
    made.resume("one", same_epoch=True, message_bytes=65_536)
    made.watch(["A", "B"])
    made.joined()
    assert made.apply(update(0, 0, {"A": {"last": 1, "bid": 3}}))  # a part
    assert made.apply(update(0, 4, {}))
    assert (made.version, made.breaks) == (4, 1)
    assert made.board["A"].as_dict() == {"last": 1, "bid": 3}
    assert taken(made) == [("A", {"bid": 3, "open": None}), ("B", {"last": None})]


def test_a_symbol_rejected_after_a_reconnect_is_removed() -> None:
    """From the board, not from the watchlist: the next connection subscribes again."""
    made = view("A", "B")
    made.apply(update(0, 7, {"A": {"last": 1}, "B": {"last": 2}}))
    taken(made)
    made.resume("two", same_epoch=False, message_bytes=65_536)
    made.watch(["A"])
    made.reject(["B"])
    made.apply(update(0, 1, {"A": {"last": 1}}))
    assert taken(made) == [("B", None)]
    assert list(made.board) == ["A"]
    (asked,) = made.resume("three", same_epoch=False, message_bytes=65_536)
    assert asked.symbols == ["A", "B"]


def test_memory_is_bounded_by_the_watchlist() -> None:
    """Symbols that were added and removed use no memory, whether or not the user takes the updates."""
    made = view("*")
    for version in range(1, 2_000):
        name = f"S{version % 1_000}"
        made.apply(update(2 * version - 2, 2 * version - 1, {name: {"last": version}}))
        made.apply(update(2 * version - 1, 2 * version, {name: None}))
    held = (made._views, made._given, made._emptied, made.fresh, made._changed, made._removed)
    assert [len(each) for each in held] == [0] * 6
    assert taken(made) == []
