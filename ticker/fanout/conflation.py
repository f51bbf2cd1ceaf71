"""What became of every change that a client was to be told: sent, or conflated into a later one.

A *change* is a tick that moved a symbol which the client watches; a day's beginning, and a symbol's going, are one
each. ``offered`` counts them as they happen; ``sent`` and ``conflated`` as frames deal with them. Whenever a client has
all that there is, ``offered == sent + conflated``. While it lags, or has just come, it has a mark for each row that it
watches: up to which change it knows it. While it is in step, its lane's ledger counts for it, and a beat costs the
account the rows that changed, however many clients there are. This module knows no encoding and no client.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from ticker.fanout.watchlist import Watchlist

Counts = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]

_NONE: Counts = np.zeros(0, np.int64)
#: What is watched by a client that watches nothing.
NOTHING = Watchlist(frozenset())


class Changes(Protocol):
    """What counts the changes: the board."""

    @property
    def changes(self) -> Counts:
        """By row, since the beginning of its epoch."""
        ...


class Totals(NamedTuple):
    """Of all clients, those who are gone included."""

    sent: int = 0
    conflated: int = 0
    #: Beats that found a client busy with what it had.
    skipped: int = 0
    #: How often a client fell behind.
    lagged: int = 0

    @classmethod
    def of(cls, several: Iterable[Totals]) -> Totals:
        return cls(*map(sum, zip(cls(), *several, strict=True)))


class Account:
    """One client's, to be read; ledgers write it. Two numbers, and marks only while it is not in step."""

    __slots__ = ("base", "ledger", "marks", "sent_before", "watchlist")

    def __init__(self) -> None:
        self.watchlist = NOTHING
        #: The ledger of its lane, if it has been in one.
        self.ledger: Ledger | None = None
        #: By row of the watchlist: up to which change it was told. None: it is in step.
        self.marks: Counts | None = _NONE
        #: What is to be added to the changes of its rows: those of before it watched them are not its own.
        self.base = 0
        #: What is to be added to what the ledger has sent of its rows, or stands alone while it is not in step.
        self.sent_before = 0

    @property
    def offered(self) -> int:
        """How many changes have happened to what it watched."""
        return self.base + (0 if self.ledger is None else _sum(self.ledger.board.changes, self.watchlist))

    @property
    def sent(self) -> int:
        """How many of these it was sent."""
        if self.marks is not None:
            return self.sent_before
        assert self.ledger is not None
        return self.sent_before + _sum(self.ledger.sent, self.watchlist)

    @property
    def conflated(self) -> int:
        """How many it was not sent, and needs not be any more."""
        return self.passed - self.sent

    @property
    def passed(self) -> int:
        """How many were dealt with."""
        if self.marks is not None:
            return self.base + int(self.marks.sum())
        assert self.ledger is not None
        return self.base + _sum(self.ledger.seen, self.watchlist)


class Ledger:
    """The accounts of a lane: kept together, by row, for those who are in step, and apart for the others."""

    def __init__(self, board: Changes) -> None:
        self.board = board
        #: By row, for as long as somebody in step watches it: up to which change the beats have come …
        self.seen = _NONE
        #: … and how many beats told it.
        self.sent = _NONE
        #: How many in step watch each row, besides those who watch them all.
        self._watchers = _NONE
        self._watch_all = 0
        #: Who has joined since the last beat, and may know more than that told: the next one is counted for it apart.
        self.early: dict[Account, None] = {}
        #: Of all accounts that are or were here, less what the sums by row say of those in step.
        self._passed_before = self._sent_before = 0
        self.skipped = self.lagged = 0

    @property
    def totals(self) -> Totals:
        sent = self._sent_before + self._in_step(self.sent)
        return Totals(sent, self._passed_before + self._in_step(self.seen) - sent, self.skipped, self.lagged)

    def _in_step(self, counts: Counts) -> int:
        return int(self._watchers @ counts) + self._watch_all * int(counts.sum())

    def beat(self, changed: Rows, told: list[int]) -> None:
        """A beat is over: of ``changed`` since the last one, ``told`` went to all in step who watch them."""
        changes = self.board.changes
        if len(self.seen) < len(changes):
            self.seen, self.sent, self._watchers = (
                _fitted(counts, len(changes)) for counts in (self.seen, self.sent, self._watchers)
            )
        self.seen[changed] = changes[changed]
        self.sent[told] += 1
        if self.early:
            self._settle_in(changes, told)

    def _settle_in(self, changes: Counts, told: list[int]) -> None:
        was_told = np.zeros(len(changes), np.bool_)
        was_told[told] = True
        for account in self.early:
            rows = _rows(account.watchlist)
            latest = changes[rows]
            fresh = latest - self._marks(account)
            # Of what changed and was not told there is nothing to tell.
            self._dealt(account, int(np.count_nonzero(fresh[was_told[rows]])), int(fresh.sum()))
            # From here on the sums by row say it.
            self.seen[rows] = latest
            account.marks = None
            self._count(account, 1)
        self.early.clear()

    def _count(self, account: Account, by: int) -> None:
        """Let the sums by row count for one account more (1), or no longer for it (-1)."""
        watchlist = account.watchlist
        # What they are already is not its own.
        self._dealt(account, -by * _sum(self.sent, watchlist), -by * _sum(self.seen, watchlist))
        if watchlist.everything:
            self._watch_all += by
        else:
            self._watchers[watchlist.rows] += by

    def join(self, account: Account) -> None:
        """It is in step: it gets what the beats send."""
        self.early[account] = None

    def leave(self, account: Account) -> None:
        """It isn't any more, if it was."""
        if account.marks is None:
            account.marks = self.seen[_rows(account.watchlist)].copy()
            self._count(account, -1)
        else:
            self.early.pop(account, None)

    def watch(self, account: Account, watchlist: Watchlist) -> None:
        """It watches this now; to be told while it is not in step.

        Of what is new, what happens from here on counts. What it no longer wants to know was conflated.
        """
        account.ledger = self
        if watchlist is account.watchlist:
            return
        changes, before, passed = self.board.changes, account.watchlist, account.passed
        marks = changes.copy()
        marks[_rows(before)] = self._marks(account)
        account.marks = marks[_rows(watchlist)].copy()
        account.base += _sum(changes, before) - _sum(changes, watchlist)
        account.watchlist = watchlist
        self._passed_before += account.passed - passed

    def told(self, account: Account, rows: Rows) -> None:
        """One that is not in step was sent the latest of these rows."""
        watchlist, marks = account.watchlist, self._marks(account)
        at = rows if watchlist.everything else np.searchsorted(watchlist.rows, rows)
        latest = self.board.changes[rows]
        fresh = latest - marks[at]
        marks[at] = latest
        self._dealt(account, int(np.count_nonzero(fresh)), int(fresh.sum()))

    def _marks(self, account: Account) -> Counts:
        """Of one that is not in step; for all rows there are, if it watches them all."""
        assert account.marks is not None
        if account.watchlist.everything:
            account.marks = _fitted(account.marks, len(self.board.changes))
        return account.marks

    def _dealt(self, account: Account, sent: int, passed: int) -> None:
        """Besides what the sums by row say, so many changes were sent, of so many that need not be any more."""
        account.sent_before += sent
        self._sent_before += sent
        self._passed_before += passed


def _rows(watchlist: Watchlist) -> Rows | slice:
    return slice(None) if watchlist.everything else watchlist.rows


def _sum(counts: Counts, watchlist: Watchlist) -> int:
    return int(counts[_rows(watchlist)].sum())


def _fitted(counts: Counts, size: int) -> Counts:
    return counts if len(counts) == size else np.concatenate((counts, np.zeros(size - len(counts), np.int64)))
