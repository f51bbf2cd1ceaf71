"""Clients with and without revisions of one ring: the rows that each gets, numbers that pass, and lost items."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support.model_client import ScriptedOutlet, decoded
from ticker.hub.hub import Hub
from ticker.market.ring import HISTORY
from ticker.wire.messages import Since, Subscribe, Unsubscribe

S = 1_000_000_000
TRADE, LATE, CANCEL, CORRECT = range(4)
Message = dict[str, Any]


class Client:
    """A client of one channel; ``take`` returns its frames since the last call."""

    def __init__(self, hub: Hub, encoding: str = "json", **keys: Any) -> None:
        self.hub = hub
        self.encoding = encoding
        self.outlet = ScriptedOutlet()
        self.session = hub.attach(self.outlet, encoding)
        self.answer = self.subscribe(**keys)

    def subscribe(self, **keys: Any) -> Message:
        """Subscribe, and return the answer. The frames that follow it are left."""
        self.outlet.sent.clear()
        self.hub.handle(self.session, Subscribe(**{"symbols": ["A"], **keys}), 0)
        return decoded(self.outlet.sent.pop(0), self.encoding)

    def take(self) -> list[Message]:
        frames, self.outlet.sent = self.outlet.sent, []
        return [decoded(frame, self.encoding) for frame in frames]

    def rows(self) -> list[list[Any]]:
        return [row for frame in self.take() for row in frame["data"]]


class Tape:
    """A hub, and its ring of trades, to which trades and corrections are appended."""

    def __init__(self, ring_ticks: int = 64) -> None:
        self.hub = Hub(["A", "B"], ring_ticks=ring_ticks)
        self.code = self.hub.market.conditions.code(("T", "I"))

    def add(self, *items: tuple[int, float, int]) -> None:
        """Append items (row, price, change) to the ring, and flush. Their id is their price."""
        rows, prices, changes = (list(column) for column in zip(*items, strict=True))
        count = len(items)
        ring, price, change = self.hub.market.rings["trades"], np.array(prices), np.array(changes, np.uint8)
        stamps = (ring.head + 1 + np.arange(count)) * S
        code = np.where(change == TRADE, self.code, 0).astype(np.int32)
        columns = price, np.full(count, 10.0), code, price.astype(np.int64), change
        ring.append(np.array(rows), stamps, *columns, hidden=change >= CANCEL)
        self.hub.flush(0)


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_rows_of_trades_with_and_without_revisions(encoding: str) -> None:
    """Without: every trade, also a late one, and no corrections. The numbers of both are the ring's."""
    tape = Tape()
    plain = Client(tape.hub, encoding, channel="trades")
    revised = Client(tape.hub, encoding, channel="trades", revisions=True)
    assert ("revisions" in plain.answer, revised.answer["revisions"]) == (False, True)
    plain.take(), revised.take()
    tape.add((0, 5, TRADE), (1, 6, TRADE), (0, 4.5, LATE), (0, 5, CANCEL), (0, 7, CORRECT), (0, 8, TRADE))
    [frame] = plain.take()
    assert (frame["since"], frame["version"]) == (0, 6)
    assert frame["data"] == [["A", S, 5, 10], ["A", 3 * S, 4.5, 10], ["A", 6 * S, 8, 10]]
    [frame] = revised.take()
    assert (frame["since"], frame["version"]) == (0, 6)
    assert frame["data"] == [
        ["A", S, 5, 10, ["T", "I"], 5, None],
        ["A", 3 * S, 4.5, 10, [], 4, "late"],
        ["A", 4 * S, 5, 10, [], 5, "cancel"],
        ["A", 5 * S, 7, 10, [], 7, "correct"],
        ["A", 6 * S, 8, 10, ["T", "I"], 8, None],
    ]
    assert "lost" not in frame


def test_a_frame_of_corrections_alone_goes_to_clients_with_revisions_only() -> None:
    """The numbers pass: the next frame of the other client goes on from them."""
    tape = Tape()
    plain, revised = Client(tape.hub, channel="trades"), Client(tape.hub, channel="trades", revisions=True)
    tape.add((0, 5, TRADE))
    plain.take(), revised.take()
    tape.add((0, 5, CANCEL), (0, 5, CORRECT))
    assert plain.take() == []
    assert [row[6] for row in revised.rows()] == ["cancel", "correct"]
    tape.add((0, 6, TRADE))
    [frame] = plain.take()
    assert (frame["since"], frame["version"], len(frame["data"])) == (1, 4, 1)
    assert "lost" not in frame


def test_clients_of_one_kind_share_frames_and_of_two_kinds_do_not() -> None:
    tape = Tape()
    clients = [Client(tape.hub, channel="trades", revisions=revisions) for revisions in (None, False, True, True)]
    for client in clients:
        client.outlet.sent.clear()
    tape.add((0, 5, TRADE))
    frames = [client.outlet.sent[0] for client in clients]
    assert frames[0] is frames[1]
    assert frames[2] is frames[3]
    assert frames[1] is not frames[2]


def test_revisions_apply_until_a_later_subscribe_says_otherwise() -> None:
    """A subscribe without a word on them leaves them, also one that adds symbols. No trade comes twice."""
    tape = Tape()
    client = Client(tape.hub, channel="trades")
    lengths = []
    for keys in ({}, {"revisions": True}, {}, {"symbols": ["B"]}, {"revisions": False}, {"revisions": None}):
        answer = client.subscribe(channel="trades", **keys)
        client.take()
        tape.add((0, 5, TRADE))
        rows = client.rows()
        assert len(rows) == 1
        lengths.append((len(rows[0]), answer.get("revisions", False)))
    assert lengths == [(4, False), (7, True), (7, True), (7, True), (4, False), (4, False)]


def test_revisions_are_of_the_channel_and_the_interval() -> None:
    tape = Tape()
    client = Client(tape.hub, channel="trades", revisions=True)
    assert "revisions" not in client.subscribe(channel="bars", interval="1m")
    assert client.subscribe(channel="bars", interval="5m", revisions=True)["revisions"] is True
    assert "revisions" not in client.subscribe(channel="bars", interval="1m")
    for channel in ("ticker", "quotes"):
        assert "revisions" not in client.subscribe(channel=channel, revisions=True)
    assert client.subscribe(channel="trades")["revisions"] is True


def test_a_client_resumes_after_a_correction() -> None:
    """Nothing was lost, and the correction is not sent to a client without revisions."""
    tape = Tape()
    tape.add((0, 5, TRADE), (0, 6, TRADE), (0, 5, CANCEL), (0, 7, TRADE))
    since = Since(epoch=tape.hub.board.epoch, version=2)
    plain = Client(tape.hub, channel="trades", since=since)
    revised = Client(tape.hub, channel="trades", since=since, revisions=True)
    [frame] = plain.take()
    assert (frame["since"], frame["version"], frame["data"]) == (2, 4, [["A", 4 * S, 7, 10]])
    assert [row[6] for row in revised.rows()] == ["cancel", None]


def test_a_resume_that_turns_revisions_on_repeats_nothing() -> None:
    tape = Tape()
    client = Client(tape.hub, channel="trades")
    tape.add((0, 5, TRADE), (0, 5, CANCEL))
    client.take()
    since = Since(epoch=tape.hub.board.epoch, version=2)
    assert client.subscribe(channel="trades", revisions=True, since=since)["revisions"] is True
    assert client.rows() == []
    tape.add((0, 6, TRADE))
    assert [len(row) for row in client.rows()] == [7]


def test_a_slow_consumer_without_revisions_gets_the_trades_alone() -> None:
    tape = Tape()
    plain, revised = Client(tape.hub, channel="trades"), Client(tape.hub, channel="trades", revisions=True)
    for client in (plain, revised):
        client.take()
        client.outlet.is_ready = False
    tape.add((0, 5, TRADE), (0, 5, CANCEL))
    tape.add((0, 6, TRADE), (0, 6, CORRECT))
    for client in (plain, revised):
        client.outlet.is_ready = True
    tape.hub.poll(0)
    [frame] = plain.take()
    assert (frame["since"], frame["version"], [row[2] for row in frame["data"]]) == (0, 4, [5, 6])
    [frame] = revised.take()
    assert (frame["since"], frame["version"], [row[2] for row in frame["data"]]) == (0, 4, [5, 5, 6, 6])


@pytest.mark.parametrize("full", [1, 3, HISTORY - 1])
def test_lost_trades_without_revisions_do_not_count_corrections(full: int) -> None:
    """Of a ring of 4 items that is passed a few times: half of the items are corrections."""
    tape = Tape(ring_ticks=4)
    plain, revised = Client(tape.hub, channel="trades"), Client(tape.hub, channel="trades", revisions=True)
    for client in (plain, revised):
        client.take()
        client.outlet.is_ready = False
    for number in range(full + 1):
        tape.add((0, number, TRADE), (1, number, TRADE), (0, number, CANCEL), (0, number, TRADE))
    for client in (plain, revised):
        client.outlet.is_ready = True
    tape.hub.poll(0)
    [frame] = plain.take()
    assert (frame["lost"], len(frame["data"])) == ({"A": 2 * full}, 2)
    [frame] = revised.take()
    assert (frame["lost"], len(frame["data"])) == ({"A": 3 * full}, 3)


def test_an_unsubscribe_ends_the_frames_of_both_kinds() -> None:
    tape = Tape()
    clients = [Client(tape.hub, channel="trades", revisions=revisions) for revisions in (False, True)]
    for client in clients:
        tape.hub.handle(client.session, Unsubscribe(symbols=["A"], channel="trades"), 0)
        client.take()
    tape.add((0, 5, TRADE))
    assert [client.take() for client in clients] == [[], []]
