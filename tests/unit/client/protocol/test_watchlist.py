"""Watchlists, and how they fit into messages."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ticker.client.protocol.watchlist import Watchlist, as_names, portions
from ticker.wire.messages import Since, Subscribe

_names = st.lists(st.text(min_size=1, max_size=64), unique=True, max_size=60)


@given(_names, st.integers(600, 4_000))
def test_every_portion_fits_into_a_message(names: list[str], message_bytes: int) -> None:
    """All symbols are sent once, in order, and no message exceeds the limit."""
    parts = portions(names, message_bytes)
    assert [name for part in parts for name in part] == names
    for part in parts:
        message = Subscribe(
            id=2**53, symbols=part, channel="ticker", rate=0.5, since=Since(epoch="e" * 64, version=2**63)
        )
        assert len(part) == 1 or len(msgspec.json.encode(message)) <= message_bytes
        assert len(part) == 1 or len(msgspec.msgpack.encode(message)) <= message_bytes


def test_no_symbols_make_one_empty_portion() -> None:
    """A subscribe without symbols may change the rate."""
    assert portions([], 1_000) == [[]]


def test_a_string_is_one_symbol() -> None:
    """connect(url, "AAPL") means AAPL, and not A, A, P and L."""
    assert as_names("AAPL") == ["AAPL"]
    assert as_names(iter(["B", "A", "B"])) == ["B", "A"]


def test_the_wildcard_covers_all_names_until_it_is_removed() -> None:
    """As on the server: removing a name doesn't limit ``*``, and removing ``*`` removes the names."""
    wanted = Watchlist()
    wanted.add(["AAPL", "*"])
    assert "ANY" in wanted
    assert wanted.tokens() == ["*", "AAPL"]
    wanted.remove(["AAPL"])
    assert "AAPL" in wanted
    wanted.add(["MSFT"])
    wanted.remove(["*"])
    assert not wanted
    assert wanted.tokens() == []
