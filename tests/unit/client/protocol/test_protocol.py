"""The client's side of the protocol, message by message."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.scripted_server import heartbeat, trades, update, welcome
from ticker.client.exceptions import ProtocolViolationError
from ticker.client.protocol.protocol import ClientProtocol
from ticker.errors import RefusedError
from ticker.wire.limits import Limits
from ticker.wire.messages import Error, Subscribe, Subscribed, Unsubscribe, Unsubscribed, Welcome


def protocol(*symbols: str, channel: str = "ticker", rate: float | None = None) -> ClientProtocol:
    return ClientProtocol(symbols, channel, rate, 100, "test")


def answer(asked: Any, rejected: dict[str, str] | None = None) -> Subscribed:
    return Subscribed(id=asked.id, channel=asked.channel, symbols=asked.symbols, rate=10, rejected=rejected or {})


def asks(made: ClientProtocol, message: Welcome) -> list[Subscribe]:
    """Its first requests on a connection with this welcome."""
    asked = made.connected(message)
    assert all(isinstance(each, Subscribe) for each in asked)
    return [each for each in asked if isinstance(each, Subscribe)]


def live(*symbols: str, channel: str = "ticker") -> ClientProtocol:
    made = protocol(*symbols, channel=channel)
    for asked in made.connected(welcome()):
        made.receive(answer(asked))
    assert made.live
    return made


def last(made: ClientProtocol, symbol: str = "A") -> float | None:
    return made.view.board[symbol].last


def feed(made: ClientProtocol) -> str | None:
    return None if made.feed is None else made.feed.state


def test_it_is_live_when_all_first_requests_are_answered() -> None:
    """And stocked when the first snapshot is complete."""
    made = protocol("A", rate=5)
    (asked,) = made.connected(welcome())
    assert asked == Subscribe(id="#1", symbols=["A"], rate=5)
    assert not made.live
    made.receive(answer(asked))
    assert (made.live, made.stocked, made.rate_granted) == (True, False, 10)
    made.receive(update(0, 0, {"A": {"last": 1}}))
    assert not made.stocked
    made.receive(update(0, 3, {}))
    assert made.stocked


def test_without_symbols_it_is_live_at_once() -> None:
    made = protocol()
    assert made.connected(welcome()) == []
    assert made.live
    assert made.stocked


def test_a_watchlist_larger_than_a_message_is_sent_in_several() -> None:
    """It is live when the last is answered."""
    names = [f"SYMBOL-{number}" for number in range(100)]
    made = protocol(*names)
    asked = asks(made, welcome(limits=Limits(message_bytes=1_000)))
    assert len(asked) > 1
    assert [name for message in asked for name in message.symbols] == names
    for message in asked:
        assert not made.live
        made.receive(answer(message))
    assert made.live


def test_another_version_of_the_protocol_is_refused() -> None:
    """Its messages may have another meaning."""
    with pytest.raises(RefusedError, match="version 2") as caught:
        protocol("A").connected(welcome(protocol=2))
    assert caught.value.code == "protocol-version"


def test_rejected_symbols_are_listed_and_rejecting_all_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    made = protocol("A", "X")
    (asked,) = made.connected(welcome())
    made.receive(answer(asked, {"X": "unknown-symbol"}))
    assert made.rejected == {"X": "unknown-symbol"}
    assert list(made.view.board) == ["A"]
    assert caplog.messages == ["test: ticker: rejected: X (unknown-symbol)"]
    made = protocol("X", "Y")
    (asked,) = made.connected(welcome())
    with pytest.raises(RefusedError, match=r"X \(unknown-symbol\), Y") as caught:
        made.receive(answer(asked, {"X": "unknown-symbol", "Y": "unknown-symbol"}))
    assert caught.value.code == "unknown-symbol"


def test_rejecting_all_symbols_after_a_reconnect_is_no_error() -> None:
    """The server may have them again later. The next connection subscribes again."""
    made = live("A")
    made.disconnected()
    (asked,) = made.connected(welcome("two"))
    made.receive(answer(asked, {"A": "unknown-symbol"}))
    assert made.live
    assert made.rejected == {"A": "unknown-symbol"}
    made.disconnected()
    (asked,) = asks(made, welcome("two"))
    assert asked.symbols == ["A"]
    made.receive(answer(asked))
    assert made.rejected == {}


def test_an_error_to_a_first_request_is_final_and_later_ones_are_not(caplog: pytest.LogCaptureFixture) -> None:
    """An error without a request is logged."""
    made = protocol("A", rate=-1)
    (asked,) = made.connected(welcome())
    with pytest.raises(RefusedError) as caught:
        made.receive(Error(id=asked.id, code="bad-rate", message="rate -1 can't be"))
    assert (caught.value.code, str(caught.value)) == ("bad-rate", "rate -1 can't be")
    made = live("A")
    later = made.ask(Subscribe(symbols=["B"]))
    made.receive(Error(id=later.id, code="too-many-symbols", message="no"))
    made.receive(Error(code="malformed", message="what?"))
    assert made.view.watchlist.tokens() == ["A"]
    assert [message for message in caplog.messages if "malformed: what?" in message]


def test_a_gap_causes_one_resync_and_messages_before_its_answer_are_ignored() -> None:
    """The resync resumes from the client's version."""
    made = live("A")
    made.receive(update(0, 5, {"A": {"last": 1}}))
    (asked,) = made.receive(update(6, 7, {"A": {"last": 3}}))
    assert isinstance(asked, Subscribe)
    assert asked.since is not None
    assert (asked.symbols, asked.since.epoch, asked.since.version) == (["A"], "one", 5)
    assert made.receive(update(7, 8, {"A": {"last": 4}})) == []
    made.receive(answer(asked))
    made.receive(update(5, 9, {"A": {"last": 5}}))
    assert (made.resyncs, made.view.version, last(made)) == (1, 9, 5)


def test_repeated_gaps_close_the_connection() -> None:
    """The reconnect has a back-off; repeated resyncs have none."""
    made = live("A")
    made.receive(update(0, 5, {}))
    for _ in range(3):
        (asked,) = made.receive(update(6, 7, {}))
        made.receive(answer(asked))
    with pytest.raises(ProtocolViolationError, match="resync"):
        made.receive(update(6, 7, {}))


def test_closed_gaps_do_not_count() -> None:
    """Only consecutive gaps of a channel close the connection."""
    made = live("A", channel="trades")
    for at in range(0, 50, 10):
        made.receive(trades(at, at + 1, []))
        (asked,) = made.receive(trades(at + 5, at + 6, []))
        made.receive(answer(asked))
        made.receive(trades(at + 1, at + 10, []))
    assert made.resyncs == 5


def test_a_removed_symbol_stays_in_the_watchlist() -> None:
    """A second subscribe may be rejected; when the symbol returns, its updates are applied."""
    made = live("A")
    made.receive(update(0, 1, {"A": {"last": 1}}))
    made.receive(update(1, 2, {"A": None}))
    made.receive(answer(made.ask(Subscribe(symbols=["A"])), {"A": "unknown-symbol"}))
    made.receive(update(2, 3, {"A": {"last": 2}}))
    assert (last(made), made.rejected) == (2, {})


def test_a_resume_that_the_server_can_not_serve_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Otherwise prices would seem continuous."""
    made = live("A")
    made.receive(update(0, 50, {"A": {"last": 1}}))
    made.disconnected()
    (asked,) = made.connected(welcome())
    made.receive(answer(asked))
    made.receive(update(0, 3, {"A": {"bid": 1}}))
    assert last(made) is None
    assert "ticker" in caplog.text
    assert "resume from 50" in caplog.text


def test_a_gap_among_trades_causes_a_resync() -> None:
    """From the number of the last trade. None is missing or repeated."""
    made = live("A", channel="trades")
    made.receive(trades(10, 12, [("A", 1)]))
    (asked,) = made.receive(trades(13, 14, [("A", 3)]))
    assert isinstance(asked, Subscribe)
    assert asked.since is not None
    assert (asked.channel, asked.since.version) == ("trades", 12)
    assert made.receive(trades(14, 15, [("A", 4)])) == []
    made.receive(answer(asked))
    made.receive(trades(12, 15, [("A", 2), ("A", 3), ("A", 4)]))
    assert [trade.price for trade in iter(made.trades.take, None)] == [1, 2, 3, 4]
    assert made.resyncs == 1


def test_a_new_epoch_on_an_open_connection_voids_all_values(caplog: pytest.LogCaptureFixture) -> None:
    """Subscriptions stay; versions and numbers count anew."""
    made = live("A")
    made.receive(update(0, 50, {"A": {"last": 1}}))
    made.trades.watch(["A"])
    made.receive(trades(70, 71, [("A", 1)]))
    made.receive(welcome("two"))
    assert made.epoch == "two"
    assert last(made) is None
    assert made.receive(update(0, 3, {"A": {"last": 2}})) == []
    assert made.receive(trades(1, 2, [("A", 2)])) == []
    assert last(made) == 2
    assert "epoch (two, was one); an unknown number of trades" in caplog.text


def test_a_symbol_removed_while_connecting_is_unsubscribed_afterwards() -> None:
    """It had been requested. The answer doesn't restore it."""
    made = protocol("A", "B")
    (asked,) = made.connected(welcome())
    made.unsubscribe(["B"], "ticker")
    told = made.receive(answer(asked))
    assert told == [Unsubscribe(id="#2", symbols=["B"])]
    assert list(made.view.board) == ["A"]


def test_a_name_is_kept_while_a_subscribe_to_all_symbols_is_pending() -> None:
    """The server continues to send it under ``*`` and doesn't repeat its snapshot, so its values must stay."""
    made = live("A")
    made.receive(update(0, 1, {"A": {"last": 1}}))
    everything = made.ask(Subscribe(symbols=["*"]))
    (message,) = made.unsubscribe(["A"], "ticker")
    single = made.ask(message)
    made.receive(answer(everything))
    made.receive(Unsubscribed(id=single.id, channel="ticker", symbols=["*"]))
    assert last(made) == 1


def test_the_state_of_the_feed_is_that_of_the_last_heartbeat_or_live_after_new_prices() -> None:
    """While prices come there are no heartbeats, so "stale" would stay. Repeated values don't count as new."""
    made = live("A")
    assert feed(made) is None
    made.receive(update(0, 5, {"A": {"last": 1}}))
    made.receive(heartbeat(5, "stale"))
    assert feed(made) == "stale"
    made.receive(update(5, 5, {"A": {"bid": 1}}))
    assert feed(made) == "stale"
    made.receive(update(5, 6, {"A": {"last": 2}}))
    assert feed(made) == "live"
    made.disconnected()
    assert feed(made) is None


def test_an_unknown_channel_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="ticker, trades, quotes"):
        protocol("A", channel="candles")
    with pytest.raises(ValueError, match="ticker, trades, quotes"):
        live("A").subscribe(["A"], "candles", None)


def test_bars_that_the_server_refuses_on_a_new_connection_are_given_up_alone() -> None:
    """Prices and the bars of other intervals go on; asking again begins anew."""
    made = live("A")
    for interval in ("1m", "30s"):
        for asked in made.subscribe(["A"], "bars", None, interval):
            assert (asked.interval, asked.revisions) == (interval, True)
            made.receive(answer(made.ask(asked)))
    refused, kept = made.bars["30s"], made.bars["1m"]
    made.disconnected()
    prices, minutes, halves = asks(made, welcome())
    assert [each.interval for each in (prices, minutes, halves)] == [None, "1m", "30s"]
    for each in (prices, minutes):
        made.receive(answer(each))
    made.receive(Error(id=halves.id, code="too-many-intervals", message="the server folds no more"))
    assert made.live
    assert (made.bars, kept.refused) == ({"1m": kept}, None)
    with pytest.raises(RefusedError, match="the server folds no more"):
        refused.take()
    again = made.bars_of("30s")
    assert again is not refused
    assert again.watchlist.tokens() == []


def test_a_channel_of_bars_needs_an_interval() -> None:
    made = live("A")
    with pytest.raises(ValueError, match="live_bars"):
        made.subscribe(["A"], "bars", None)
    with pytest.raises(ValueError, match="unknown channel 'candles'"):
        made.subscribe(["A"], "candles", None)
