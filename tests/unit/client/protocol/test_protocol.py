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
    """What it asks of a connection that is welcomed so."""
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


def test_it_is_live_once_all_it_asked_is_answered() -> None:
    """And stocked once the first values are whole: a part of a snapshot is not enough."""
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


def test_nothing_to_ask_is_live_at_once() -> None:
    """A stream without symbols waits for nobody."""
    made = protocol()
    assert made.connected(welcome()) == []
    assert made.live
    assert made.stocked


def test_a_watchlist_larger_than_a_message_is_asked_for_in_several() -> None:
    """As the server's limits say; live when the last is answered."""
    names = [f"SYMBOL-{number}" for number in range(100)]
    made = protocol(*names)
    asked = asks(made, welcome(limits=Limits(message_bytes=1_000)))
    assert len(asked) > 1
    assert [name for message in asked for name in message.symbols] == names
    for message in asked:
        assert not made.live
        made.receive(answer(message))
    assert made.live


def test_a_server_of_another_protocol_is_refused() -> None:
    """Guessing what its messages mean would show wrong prices."""
    with pytest.raises(RefusedError, match="version 2") as caught:
        protocol("A").connected(welcome(protocol=2))
    assert caught.value.code == "protocol-version"


def test_rejected_symbols_are_kept_apart_and_all_rejected_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    """One that is wrong doesn't spoil the others; none that is right can't be meant."""
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


def test_all_rejected_after_a_reconnect_is_no_error() -> None:
    """The server may come to know them again; the user is told, and the next connection asks for them again."""
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


def test_an_error_at_the_beginning_is_for_good_and_later_ones_are_not(caplog: pytest.LogCaptureFixture) -> None:
    """A wrong rate will be wrong again. One that no question can be found for is logged."""
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


def test_a_gap_is_asked_about_once_and_what_is_under_way_is_passed_over() -> None:
    """With the version that it has; the answer brings the rest."""
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


def test_a_gap_that_opens_again_and_again_breaks_the_connection() -> None:
    """Asking for ever would be a storm; a new connection, after the back-off, may do better."""
    made = live("A")
    made.receive(update(0, 5, {}))
    for _ in range(3):
        (asked,) = made.receive(update(6, 7, {}))
        made.receive(answer(asked))
    with pytest.raises(ProtocolViolationError, match="resync"):
        made.receive(update(6, 7, {}))


def test_gaps_that_were_closed_are_forgotten() -> None:
    """Four of them in a year are no reason to break a connection, on whatever channel."""
    made = live("A", channel="trades")
    for at in range(0, 50, 10):
        made.receive(trades(at, at + 1, []))
        (asked,) = made.receive(trades(at + 5, at + 6, []))
        made.receive(answer(asked))
        made.receive(trades(at + 1, at + 10, []))
    assert made.resyncs == 5


def test_one_that_is_watched_and_removed_for_now_stays_watched() -> None:
    """Asked for once more, the server may say that it isn't there; when it comes again it is laid over as ever."""
    made = live("A")
    made.receive(update(0, 1, {"A": {"last": 1}}))
    made.receive(update(1, 2, {"A": None}))
    made.receive(answer(made.ask(Subscribe(symbols=["A"])), {"A": "unknown-symbol"}))
    made.receive(update(2, 3, {"A": {"last": 2}}))
    assert (last(made), made.rejected) == (2, {})


def test_a_server_that_can_not_go_on_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    """Silently, prices would seem to have gone on."""
    made = live("A")
    made.receive(update(0, 50, {"A": {"last": 1}}))
    made.disconnected()
    (asked,) = made.connected(welcome())
    made.receive(answer(asked))
    made.receive(update(0, 3, {"A": {"bid": 1}}))
    assert last(made) is None
    assert "ticker" in caplog.text
    assert "resume from 50" in caplog.text


def test_a_gap_among_trades_is_asked_about_too() -> None:
    """With the number of the last trade; then they go on without one missing or coming twice."""
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


def test_a_new_epoch_amid_a_connection_makes_everything_void(caplog: pytest.LogCaptureFixture) -> None:
    """The subscriptions stay; versions and numbers count anew, and the log says what that means."""
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


def test_what_was_dropped_while_connecting_is_taken_back_at_the_server() -> None:
    """It had been asked for already: the answer doesn't bring it back, and the server is told."""
    made = protocol("A", "B")
    (asked,) = made.connected(welcome())
    made.unsubscribe(["B"], "ticker")
    told = made.receive(answer(asked))
    assert told == [Unsubscribe(id="#2", symbols=["B"])]
    assert list(made.view.board) == ["A"]


def test_one_name_is_not_dropped_while_everything_is_about_to_be_had() -> None:
    """The server will go on with it under the wildcard and not send it whole again, so its values must stay."""
    made = live("A")
    made.receive(update(0, 1, {"A": {"last": 1}}))
    everything = made.ask(Subscribe(symbols=["*"]))
    (message,) = made.unsubscribe(["A"], "ticker")
    single = made.ask(message)
    made.receive(answer(everything))
    made.receive(Unsubscribed(id=single.id, channel="ticker", symbols=["*"]))
    assert last(made) == 1


def test_the_feed_is_as_the_last_heartbeat_said_until_prices_prove_it_live() -> None:
    """While prices come there are no heartbeats: "stale" would else stand for ever. Old values prove nothing."""
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


def test_a_channel_that_there_is_not_is_named() -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match="ticker, trades, quotes"):
        protocol("A", channel="candles")
    with pytest.raises(ValueError, match="ticker, trades, quotes"):
        live("A").subscribe(["A"], "candles", None)
