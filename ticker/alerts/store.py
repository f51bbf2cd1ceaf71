"""Where alerts outlive the server: the port, and what stands in where nothing is to outlive it.

The desk hands over one ``Changes`` at a time and waits until it is kept before it hands over the next; what happens
meanwhile is laid together, so that there is no queue of writes however slow the disk is. An alert that fired is told to
nobody before that is kept: what a client was told once, no crash makes the server tell again as something new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from ticker.wire.messages import AlertState, Fired, Id

#: So many of what fired are kept for each owner, the newest.
KEPT = 500


class SavedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert, and where it is. ``owner`` and ``id`` together are its key; 7 and "7" are two ids.

    ``when`` is in canonical form. ``side`` is where the value was last, for a condition that asks that: 1 above, -1
    below, 0 not known.
    """

    owner: str
    id: Id
    symbol: str
    when: str
    once: bool
    hysteresis: float
    state: AlertState
    count: int
    side: int


class SavedOwner(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept of one owner: alerts in the order they were first put, what fired in the order of ``seq``.

    ``delivered`` is the number of the last that was handed to any connection of the owner's; 0 without any.
    """

    owner: str
    alerts: list[SavedAlert]
    fired: list[Fired]
    delivered: int


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be kept from now on: all of it or, over a crash, nothing. To be done in the order of the fields.

    ``forgotten``  owners of whom nothing is to be kept any more: no alert, nothing that fired, no mark
    ``removed``    alerts that are gone, by owner and id; one that is not there (any more) is passed over
    ``alerts``     new, or laid over the one of the same owner and id
    ``fired``      with the owner, in the order of ``seq``; of each owner the newest ``KEPT`` are kept. A number that is
                   left out was too old before it could be kept: then ``KEPT`` newer ones are in here.
    ``delivered``  by owner, laid over what was there
    """

    forgotten: list[str]
    removed: list[tuple[str, Id]]
    alerts: list[SavedAlert]
    fired: list[tuple[str, Fired]]
    delivered: dict[str, int]


class AlertStore(Protocol):
    """Keeps them. Used from one thread, the event loop's, and never waits there."""

    def load(self) -> Iterable[SavedOwner]:
        """Everything there is, once, before anything is written."""
        ...

    def write(self, changes: Changes, done: Callable[[], None]) -> None:
        """Keep these, as one transaction, and call ``done`` once they are safe, on the thread that called ``write``.

        Must not raise, and must call ``done`` exactly once; it may do so before it returns. No other write comes
        before that. A disk that fails is the store's to report and to try again: until then alerts go on firing, but
        nobody is told, and of each owner the newest ``KEPT`` wait.

        Webhooks that must survive a crash are to be noted in the same transaction, from ``fired``.
        """


class NoStore:
    """Keeps nothing: alerts end with the server."""

    def load(self) -> Iterable[SavedOwner]:
        return ()

    def write(self, changes: Changes, done: Callable[[], None]) -> None:  # noqa: ARG002 - nothing of them is kept
        done()
