"""Counts, for each client, the changes that it was sent and those that were conflated into a later one.

A *change* is a tick that moved a symbol which the client watches; a new day and the removal of a symbol are one change
each. ``offered`` counts changes as they happen, ``sent`` and ``conflated`` as frames settle them: a client that is up
to date has ``offered == sent + conflated``. A client that is behind has a mark for each row that it watches: the number
of the last change that is settled. For clients that are up to date, the ledger of their lane counts by row, so that a
beat costs the rows that changed, however many clients there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ticker.fanout.watchlist import Watchlist
from ticker.market.board import Board

_Counts = npt.NDArray[np.int64]
_Rows = npt.NDArray[np.intp]

_NONE: _Counts = np.zeros(0, np.int64)
#: The watchlist of a client that watches nothing.
NOTHING = Watchlist(frozenset())


class Totals(NamedTuple):
    """The sums over all clients, including those that have left."""

    sent: int = 0
    conflated: int = 0
    #: Beats that found a client still busy with earlier frames.
    skipped: int = 0
    #: How often a client fell behind.
    lagged: int = 0

    @classmethod
    def of(cls, parts: Iterable[Totals]) -> Totals:
        return cls(*map(sum, zip(cls(), *parts, strict=True)))


class Account:
    """The counts of one client. Ledgers write it."""

    __slots__ = ("base", "ledger", "marks", "sent_before", "watchlist")

    def __init__(self) -> None:
        self.watchlist = NOTHING
        #: The ledger of its lane, once it has been in one.
        self.ledger: Ledger | None = None
        #: By row of the watchlist: the number of the last settled change. None while the ledger counts for it.
        self.marks: _Counts | None = _NONE
        #: Added to the changes of its rows, which also count those before the client watched them.
        self.base = 0
        #: Changes sent, besides those that the ledger counts for it.
        self.sent_before = 0

    @property
    def offered(self) -> int:
        """How many changes happened to symbols while the client watched them."""
        return self.base + (0 if self.ledger is None else _sum(self.ledger.board.changes, self.watchlist))

    @property
    def sent(self) -> int:
        if self.marks is not None:
            return self.sent_before
        assert self.ledger is not None
        return self.sent_before + _sum(self.ledger.sent, self.watchlist)

    @property
    def conflated(self) -> int:
        """How many changes were not sent and no longer need to be."""
        return self.settled - self.sent

    @property
    def settled(self) -> int:
        """How many changes were sent or conflated."""
        if self.marks is not None:
            return self.base + int(self.marks.sum())
        assert self.ledger is not None
        return self.base + _sum(self.ledger.settled, self.watchlist)


class Ledger:
    """The accounts of a lane: counted together, by row, for clients that are up to date, and singly for the others."""

    def __init__(self, board: Board) -> None:
        self.board = board
        #: By row that an up-to-date client watches: the number of the last change before the last beat, …
        self.settled = _NONE
        #: … and how many beats sent it.
        self.sent = _NONE
        # How many up-to-date clients watch each row, besides those that watch everything.
        self._watchers = _NONE
        self._watch_all = 0
        #: Accounts that joined since the last beat. They may have newer changes than that beat sent: the next beat is
        #: counted for them singly.
        self.joining: dict[Account, None] = {}
        # Over all accounts that are or were here, less what the counts by row contain.
        self._settled_before = self._sent_before = 0

    @property
    def totals(self) -> Totals:
        sent = self._sent_before + self._counted(self.sent)
        return Totals(sent, self._settled_before + self._counted(self.settled) - sent)

    def _counted(self, counts: _Counts) -> int:
        return int(self._watchers @ counts) + self._watch_all * int(counts.sum())

    def beat(self, changed: _Rows, sent: list[int]) -> None:
        """A beat is over: of the rows ``changed`` since the last one, ``sent`` went to all up-to-date watchers."""
        changes = self.board.changes
        if len(self.settled) < len(changes):
            self.settled, self.sent, self._watchers = (
                _fitted(counts, len(changes)) for counts in (self.settled, self.sent, self._watchers)
            )
        self.settled[changed] = changes[changed]
        self.sent[sent] += 1
        if self.joining:
            self._settle_joining(changes, sent)

    def _settle_joining(self, changes: _Counts, sent: list[int]) -> None:
        was_sent = np.zeros(len(changes), np.bool_)
        was_sent[sent] = True
        for account in self.joining:
            rows = _rows(account.watchlist)
            latest = changes[rows]
            new = latest - self._marks(account)
            # A row that changed and was not sent has nothing to send: its changes are conflated.
            self._add(account, int(np.count_nonzero(new[was_sent[rows]])), int(new.sum()))
            # From here on the counts by row include it.
            self.settled[rows] = latest
            account.marks = None
            self._include(account, 1)
        self.joining.clear()

    def _include(self, account: Account, by: int) -> None:
        """Include an account in the counts by row (1), or exclude it (-1)."""
        watchlist = account.watchlist
        # The counts as they are now are not the account's own.
        self._add(account, -by * _sum(self.sent, watchlist), -by * _sum(self.settled, watchlist))
        if watchlist.everything:
            self._watch_all += by
        else:
            self._watchers[watchlist.rows] += by

    def join(self, account: Account) -> None:
        """The client is up to date: it gets what the beats send."""
        self.joining[account] = None

    def leave(self, account: Account) -> None:
        """The client is not up to date any more, if it was."""
        if account.marks is None:
            account.marks = self.settled[_rows(account.watchlist)].copy()
            self._include(account, -1)
        else:
            self.joining.pop(account, None)

    def watch(self, account: Account, watchlist: Watchlist) -> None:
        """The client, which is not up to date, watches this now.

        Added rows count from here on. Unsettled changes of removed rows count as conflated.
        """
        account.ledger = self
        if watchlist is account.watchlist:
            return
        changes, before, settled = self.board.changes, account.watchlist, account.settled
        marks = changes.copy()
        marks[_rows(before)] = self._marks(account)
        account.marks = marks[_rows(watchlist)].copy()
        account.base += _sum(changes, before) - _sum(changes, watchlist)
        account.watchlist = watchlist
        self._settled_before += account.settled - settled

    def sent_to(self, account: Account, rows: _Rows) -> None:
        """A client that is not up to date was sent the latest values of these rows."""
        watchlist, marks = account.watchlist, self._marks(account)
        at = rows if watchlist.everything else np.searchsorted(watchlist.rows, rows)
        latest = self.board.changes[rows]
        new = latest - marks[at]
        marks[at] = latest
        self._add(account, int(np.count_nonzero(new)), int(new.sum()))

    def _marks(self, account: Account) -> _Counts:
        """The marks of an account; if it watches everything, for all rows there are now."""
        assert account.marks is not None
        if account.watchlist.everything:
            account.marks = _fitted(account.marks, len(self.board.changes))
        return account.marks

    def _add(self, account: Account, sent: int, settled: int) -> None:
        account.sent_before += sent
        self._sent_before += sent
        self._settled_before += settled


def _rows(watchlist: Watchlist) -> _Rows | slice:
    return slice(None) if watchlist.everything else watchlist.rows


def _sum(counts: _Counts, watchlist: Watchlist) -> int:
    return int(counts[_rows(watchlist)].sum())


def _fitted(counts: _Counts, size: int) -> _Counts:
    return counts if len(counts) == size else np.concatenate((counts, np.zeros(size - len(counts), np.int64)))
