"""No change is lost without being counted: for every client, offered = sent + conflated."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from tests.property.test_convergence import (
    CLIENTS,
    SYMBOLS,
    Connected,
    _actions,
    _symbols,
    act,
    differences,
    expected,
    settle,
)
from tests.support.market import batch
from tests.support.model_client import decoded
from ticker.fanout.conflation import Account, Totals
from ticker.hub.hub import Hub
from ticker.market.board import Board
from ticker.model import Removal, Rollover, SymbolTable
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000


class Books:
    """The expected counts of a client, computed from the events and from the frames that were written.

    ``owed`` has the unsent changes by symbol. The next frame with the symbol sends one and conflates the others.
    """

    def __init__(self, connected: Connected) -> None:
        self.connected = connected
        self.session = connected.session
        self.offered = self.sent = self.conflated = 0
        self.owed: Counter[str] = Counter()
        self.read = 0

    def happened(self, before: npt.NDArray[Any], after: npt.NDArray[Any]) -> None:
        watch, names = self.connected.client.watch, self.connected.hub.names
        changes = after.copy()
        changes[: len(before)] -= before
        for name, count in zip(names, changes.tolist(), strict=True):
            if "*" in watch or name in watch:
                self.offered += count
                self.owed[name] += count
            else:
                # No longer watched.
                self.merge(name)

    def merge(self, name: str) -> None:
        self.conflated += self.owed.pop(name, 0)

    def see(self) -> None:
        """Count the frames written since the last call."""
        written = self.connected.outlet.written
        for payload in written[self.read :]:
            message = decoded(payload, self.connected.encoding)
            # A snapshot also has symbols without changes, and a symbol may come twice: neither sends a change.
            for name in message["data"] if message["type"] == "update" else ():
                if self.owed[name]:
                    self.owed[name] -= 1
                    self.sent += 1
                    self.merge(name)
        self.read = len(written)

    def forget(self) -> None:
        """An epoch has ended, or nothing is left to send: unsent changes count as conflated."""
        for name in list(self.owed):
            self.merge(name)


@given(
    st.lists(_symbols, min_size=CLIENTS, max_size=CLIENTS),
    st.lists(_actions, min_size=20, max_size=60),
    st.sampled_from([1, 2_500, 1_048_576]),
)
def test_every_offered_change_is_sent_or_conflated(
    watched: list[list[str]], actions: list[Any], frame_bytes: int
) -> None:
    """Through lag, parts, changing watchlists and rates, reconnects and new epochs."""
    table = SymbolTable(SYMBOLS)
    hub = Hub(SYMBOLS[:2], complete=False, limits=Limits(frame_bytes=frame_bytes), ring_ticks=8)
    clients = [Connected(hub, "json" if number % 2 else "msgpack") for number in range(CLIENTS)]
    for connected, symbols in zip(clients, watched, strict=True):
        connected.subscribe(symbols, None, resume=False)
    books = [Books(connected) for connected in clients]
    accounts: dict[Account, None] = {}
    for action in actions:
        before, epoch = hub.apply_pending().changes.copy(), hub.board.epoch
        act(hub, table, clients, action)
        after = hub.apply_pending().changes
        for number, connected in enumerate(clients):
            if books[number].session is not connected.session:
                books[number] = Books(connected)
            book, account = books[number], connected.session.ticker.account
            accounts[account] = None
            if hub.board.epoch != epoch:
                # The values that a new epoch begins with are no changes.
                book.forget()
                before = after
            book.happened(before, after)
            book.see()
            assert (account.offered, account.sent) == (book.offered, book.sent)
            assert 0 <= account.conflated <= account.offered - account.sent
    settle(hub, clients)
    for book, connected in zip(books, clients, strict=True):
        account = connected.session.ticker.account
        book.see()
        assert differences(connected.client.filled, expected(hub, connected.client.watch)) == {}
        book.forget()
        assert (account.offered, account.sent, account.conflated) == (book.offered, book.sent, book.conflated)
        assert account.offered == account.sent + account.conflated
    # Includes clients that have left.
    totals = hub.lanes.totals
    assert totals.sent == sum(account.sent for account in accounts)
    assert totals.conflated == sum(account.conflated for account in accounts)


def test_an_up_to_date_client_gets_the_changes_of_a_beat_as_one() -> None:
    table = SymbolTable(("AAPL", "MSFT"))
    hub = Hub(table.names)
    client = Connected(hub, "json")
    client.subscribe(["AAPL"], 10, resume=False)
    account = client.session.ticker.account
    for beat in range(1, 4):
        for tick in range(5):
            hub.publish(batch(table, [(0, TS, beat + tick / 10, 1.0), (1, TS, 1.0 + beat + tick, 1.0)], []))
        hub.beat(10, TS)
        assert (account.offered, account.sent, account.conflated) == (5 * beat, beat, 4 * beat)
    assert hub.lanes.totals == Totals(sent=3, conflated=12)


def test_a_slow_consumer_gets_the_changes_of_many_beats_as_one() -> None:
    table = SymbolTable(("AAPL",))
    hub = Hub(table.names)
    client = Connected(hub, "json")
    client.subscribe(["*"], 10, resume=False)
    client.outlet.is_ready = False
    for beat in range(1, 8):
        hub.publish(batch(table, [(0, TS, float(beat), 1.0)], []))
        hub.beat(10, TS)
    client.outlet.is_ready = True
    hub.beat(10, TS)
    account = client.session.ticker.account
    assert (account.offered, account.sent, account.conflated) == (7, 1, 6)
    assert hub.lanes.totals == Totals(sent=1, conflated=6, skipped=7, lagged=1)


def test_what_counts_as_a_change() -> None:
    """A tick that moves a field, but no repetition; a new day and a removal count once."""
    table = SymbolTable(("AAPL", "MSFT"))
    board = Board(table.names)
    board.apply(batch(table, [(0, TS, 1.0, 1.0), (0, TS, 1.0, 1.0)], [(0, TS, 1.0, 1.0, 2.0, 1.0)]))
    assert board.changes.tolist() == [3, 0]
    board.apply(batch(table, [], [(0, TS, 1.0, 1.0, 2.0, 1.0)]))
    assert board.changes.tolist() == [3, 0]
    board.apply(Rollover(table, None, None))
    board.apply(Removal(("AAPL",)))
    assert board.changes.tolist() == [5, 0]
