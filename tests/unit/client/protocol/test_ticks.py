"""The queue of trades and quotes: bounded, in order, with losses counted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.scripted_server import trades
from ticker.client.protocol.ticks import Quote, TickQueue, Trade
from ticker.wire.messages import QuotesMessage, TradesMessage


def queue(bound: int = 100, symbols: tuple[str, ...] = ("A", "B")) -> TickQueue[Trade]:
    made: TickQueue[Trade] = TickQueue("trades", Trade, bound)
    made.watch(symbols)
    return made


def taken(made: TickQueue[Trade]) -> list[tuple[str, float, int]]:
    """Everything in the queue, as (symbol, price, lost)."""
    found = []
    while (trade := made.take()) is not None:
        found.append((trade.symbol, trade.price, trade.lost))
    return found


def test_trades_are_first_in_first_out() -> None:
    """Over all symbols. The version is that of the last message."""
    made = queue()
    assert made.apply(trades(5, 7, [("A", 1), ("B", 2)]))
    assert made.apply(trades(7, 8, [("A", 3)]))
    assert made.version == 8
    assert taken(made) == [("A", 1, 0), ("B", 2, 0), ("A", 3, 0)]
    assert made.take() is None


def test_a_trade_with_revisions_has_conditions_id_and_change() -> None:
    """Also after a loss, and mixed with messages without revisions."""
    made = queue()
    row = ("A", 5, 1.5, 2.0, ("T", "I"), 7, "cancel")
    assert made.apply(TradesMessage(since=0, version=1, data=[row], lost={"A": 3}))
    assert made.apply(TradesMessage(since=1, version=3, data=[("A", 6, 1.5, 2.0), ("B", 7, 2.5, 1.0)]))
    assert made.take() == Trade("A", 5, 1.5, 2.0, lost=3, conditions=("T", "I"), id=7, change="cancel")
    plain = made.take()
    assert plain == Trade("A", 6, 1.5, 2.0)
    assert plain is not None
    assert (plain.conditions, plain.id, plain.change) == ((), 0, None)


def test_trades_are_requested_with_revisions_and_quotes_without() -> None:
    """On each new connection, in each message."""
    made = queue(symbols=tuple(f"SYMBOL{number}" for number in range(200)))
    requests = made.resume("e", same_epoch=False, message_bytes=1024)
    assert len(requests) > 1
    assert {request.revisions for request in requests} == {True}
    quotes: TickQueue[Quote] = TickQueue("quotes", Quote, 10)
    quotes.watch(["A"])
    assert [request.revisions for request in quotes.resume("e", same_epoch=False, message_bytes=1024)] == [None]


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 3), st.integers(0, 2)), max_size=60),
    st.integers(1, 5),
)
def test_trades_taken_and_counted_as_lost_add_up_to_all_trades(events: list[tuple[str, int, int]], bound: int) -> None:
    """For any mix of losses at the server, a full queue, and taking, ``lost`` places each gap exactly."""
    made = queue(bound, ("A", "B", "C"))
    happened: dict[str, list[float]] = {"A": [], "B": [], "C": []}
    got: dict[str, int] = {"A": 0, "B": 0, "C": 0}
    placed: dict[str, int] = {"A": 0, "B": 0, "C": 0}
    number = 0.0

    def take(count: int) -> None:
        for _ in range(count):
            if (trade := made.take()) is not None:
                at = got[trade.symbol] + trade.lost
                assert happened[trade.symbol][at] == trade.price
                got[trade.symbol] = at + 1
                placed[trade.symbol] += trade.lost

    for at, (symbol, lost, takes) in enumerate(events):
        for _ in range(lost + 1):
            happened[symbol].append(number)
            number += 1
        assert made.apply(trades(at, at + 1, [(symbol, number - 1)], {symbol: lost} if lost else None))
        assert len(made) <= bound
        take(takes)
    take(100)
    for symbol, prices in happened.items():
        # Trades dropped after the last one taken are in the total, and will be in ``lost`` of the next.
        assert len(prices) - got[symbol] == made.lost.get(symbol, 0) - placed[symbol]


def test_a_full_queue_drops_the_oldest_and_counts_it() -> None:
    """In the next trade of the symbol, and in the total."""
    made = queue(2)
    made.apply(trades(0, 4, [("A", 1), ("B", 2), ("A", 3), ("A", 4)]))
    assert made.lost == {"A": 1, "B": 1}
    assert made.lost_in_all == 2
    assert taken(made) == [("A", 3, 1), ("A", 4, 0)]
    made.apply(trades(4, 5, [("B", 5)]))
    assert taken(made) == [("B", 5, 1)]


def test_losses_at_the_server_are_counted_in_the_next_trade_of_the_symbol() -> None:
    """Losses under ``*`` have no symbol: they are only in the total."""
    made = queue()
    made.apply(trades(0, 9, [("B", 1), ("A", 2), ("A", 3)], {"A": 5, "*": 100, "OTHER": 3}))
    assert taken(made) == [("B", 1, 0), ("A", 2, 5), ("A", 3, 0)]
    assert made.lost == {"A": 5, "*": 100}


def test_a_message_after_an_unreported_gap_is_rejected() -> None:
    """The version stays, so a resync from it closes the gap."""
    made = queue()
    made.apply(trades(0, 5, [("A", 1)]))
    assert not made.apply(trades(6, 7, [("A", 2)]))
    assert made.version == 5
    assert taken(made) == [("A", 1, 0)]


def test_a_repeated_message_is_ignored() -> None:
    """One that ends at or before the client's version."""
    made = queue()
    made.apply(trades(0, 5, [("A", 1)]))
    assert made.apply(trades(3, 5, [("A", 1)]))
    assert made.apply(trades(4, 6, [("A", 2)]))
    assert taken(made) == [("A", 1, 0), ("A", 2, 0)]


def test_only_the_last_of_several_subscribes_resumes() -> None:
    """Two messages with ``since`` would repeat ticks. The last resumes all; messages before its answer are ignored."""
    made = queue(symbols=("A" * 40, "B" * 40))
    made.apply(trades(0, 5, []))
    first, last = made.resume("one", same_epoch=True, message_bytes=560)
    assert first.since is None
    assert last.since is not None
    assert last.since.version == 5
    assert made.awaiting
    made.joined()
    assert not made.awaiting


def test_a_new_epoch_counts_from_the_first_message() -> None:
    """The client doesn't resume, and the first message has the first number."""
    made = queue()
    made.apply(trades(0, 500, [("A", 1)]))
    (asked,) = made.resume("two", same_epoch=False, message_bytes=65_536)
    assert asked.since is None
    made.watch(["A", "B"])
    assert made.apply(trades(3, 4, [("A", 2)]))
    assert taken(made) == [("A", 1, 0), ("A", 2, 0)]


def test_a_resume_at_another_number_in_the_same_epoch_counts_as_a_break() -> None:
    """The number of lost ticks is unknown, and the stream continues."""
    made = queue()
    made.apply(trades(0, 500, []))
    made.resume("one", same_epoch=True, message_bytes=65_536)
    made.watch(["A", "B"])
    made.joined()
    assert made.apply(trades(3, 4, [("A", 2)]))
    assert made.breaks == 1
    assert taken(made) == [("A", 2, 0)]


def test_unsubscribing_drops_queued_and_later_ticks() -> None:
    """And their pending losses. A later subscribe starts at the server's current tick."""
    made = queue(2)
    made.apply(trades(0, 5, [("A", 1), ("A", 2), ("B", 3)]))
    made.unwatch(["A"])
    assert taken(made) == [("B", 3, 0)]
    assert made.apply(trades(5, 6, [("A", 4), ("B", 5)]))
    assert taken(made) == [("B", 5, 0)]
    made.unwatch(["*"])
    assert made.apply(trades(6, 7, [("B", 6)]))
    made.watch(["A"])
    assert made.apply(trades(90, 91, [("A", 7)]))
    assert taken(made) == [("A", 7, 0)]


def test_a_side_of_a_quote_without_a_price_is_none() -> None:
    """The time is also available in UTC."""
    made: TickQueue[Quote] = TickQueue("quotes", Quote, 10)
    made.watch(["*"])
    row = ("A", 1_700_000_000_123_456_789, 1.5, 100.0, None, None)
    made.apply(QuotesMessage(since=0, version=1, data=[row]))
    quote = made.take()
    assert quote == Quote("A", 1_700_000_000_123_456_789, 1.5, 100.0, None, None, 0)
    assert quote.time == datetime(2023, 11, 14, 22, 13, 20, 123456, UTC)


def test_the_bound_must_be_at_least_1() -> None:
    with pytest.raises(ValueError, match="queue_ticks"):
        queue(0)
