"""Storage of alerts: the interface, and an implementation that stores nothing.

The handler passes one ``AlertChanges`` at a time and waits until it is stored. Changes in the meantime are merged, so
there is no queue of writes however slow the disk is. A fired alert is delivered after it has been stored: a crash never
makes the server deliver it again as a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from ticker.wire.messages import AlertState, Fired, Id

#: Fired alerts kept per owner.
KEPT = 500


class SavedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and its state. ``owner`` and ``id`` together are the key; 7 and "7" are different ids.

    ``when`` is in canonical form. ``side`` and ``source`` are as in ``Alert``.
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
    source: str = ""


class SavedOwner(msgspec.Struct, frozen=True, kw_only=True):
    """An owner's alerts in the order of their creation, and fired alerts in the order of ``seq``.

    ``delivered`` is the highest ``seq`` that was sent to any connection of the owner; 0 if none was. ``seen_ns`` is
    when the owner was last connected, on the clock of ``AlertStore.ran_ns``; ``source`` is what it counts towards.
    """

    owner: str
    alerts: list[SavedAlert]
    fired: list[Fired]
    delivered: int
    seen_ns: int = 0
    source: str = ""


class AlertChanges(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction, applied in the order of the fields.

    ``forgotten``  owners to delete with everything of theirs
    ``removed``    alerts to delete, by owner and id; unknown ones are ignored
    ``alerts``     alerts to insert, or to replace by owner and id
    ``fired``      owner and fired alert, in the order of ``seq``. The newest ``KEPT`` per owner are stored. A missing
                   number was too old before it could be stored; then ``KEPT`` newer ones follow.
    ``delivered``  by owner, replaces the stored value
    ``trimmed``    by owner, the number up to which fired alerts are no longer kept
    ``seen_ns``    by owner, replaces the stored value; ``sources`` has the same owners
    ``ran_ns``     replaces the stored value
    """

    forgotten: list[str]
    removed: list[tuple[str, Id]]
    alerts: list[SavedAlert]
    fired: list[tuple[str, Fired]]
    delivered: dict[str, int]
    trimmed: dict[str, int] = {}
    seen_ns: dict[str, int] = {}
    sources: dict[str, str] = {}
    ran_ns: int = 0


class AlertStore(Protocol):
    """Stores alerts. Called on the event loop's thread; must not block.

    A protocol because the implementation, in ``ticker.server.state``, is above this package."""

    #: How long servers have run with this store, as last stored. Unlike the system's clock it doesn't jump, and stands
    #: still while no server runs, when owners can't connect. Valid after ``load``.
    ran_ns: int

    def load(self) -> Iterable[SavedOwner]:
        """Everything stored. Called once, before the first write."""
        ...

    def write(self, changes: AlertChanges, done: Callable[[], None]) -> None:
        """Store these as one transaction, then call ``done`` on the thread that called ``write``.

        Must not raise, and must call ``done`` exactly once, possibly before returning. There is no other write in
        between. The store reports disk errors and retries; until it succeeds, fired alerts are not delivered, and at
        most ``KEPT`` per owner wait.

        Webhooks that must survive a crash are stored in the same transaction, from ``fired``.
        """


class NoStore:
    """Stores nothing: alerts are lost when the server stops."""

    ran_ns = 0

    def load(self) -> Iterable[SavedOwner]:
        return ()

    def write(self, changes: AlertChanges, done: Callable[[], None]) -> None:  # noqa: ARG002 - nothing is stored
        done()
