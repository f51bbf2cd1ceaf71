"""A store of alerts for tests: what was written stays, and is safe when the test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ticker.alerts.store import KEPT, AlertChanges, SavedAlert, SavedOwner
from ticker.wire.messages import Fired, Id


class MemoryStore:
    """``slow``: what is written is safe only at ``finish``; what isn't, a crash (another desk on this store) loses."""

    def __init__(self, *, slow: bool = False) -> None:
        self.slow = slow
        self.writes: list[AlertChanges] = []
        self.alerts: dict[tuple[str, Id], SavedAlert] = {}
        self.fired: dict[str, list[Fired]] = {}
        self.delivered: dict[str, int] = {}
        self.under_way: tuple[AlertChanges, Callable[[], None]] | None = None

    def load(self) -> Iterable[SavedOwner]:
        self.under_way = None
        names = {owner: None for owner, _ in self.alerts} | dict.fromkeys([*self.fired, *self.delivered])
        return [
            SavedOwner(
                owner=name,
                alerts=[alert for (owner, _), alert in self.alerts.items() if owner == name],
                fired=list(self.fired.get(name, ())),
                delivered=self.delivered.get(name, 0),
            )
            for name in names
        ]

    def write(self, changes: AlertChanges, done: Callable[[], None]) -> None:
        assert self.under_way is None, "one write at a time"
        self.under_way = changes, done
        if not self.slow:
            self.finish()

    def finish(self) -> None:
        """What is under way is safe."""
        assert self.under_way is not None
        (changes, done), self.under_way = self.under_way, None
        self.writes.append(changes)
        for name in changes.forgotten:
            self.alerts = {key: alert for key, alert in self.alerts.items() if key[0] != name}
            self.fired.pop(name, None)
            self.delivered.pop(name, None)
        for key in changes.removed:
            self.alerts.pop(key, None)
        for alert in changes.alerts:
            self.alerts[alert.owner, alert.id] = alert
        for name, fired in changes.fired:
            kept = self.fired.setdefault(name, [])
            kept.append(fired)
            del kept[:-KEPT]
        self.delivered.update(changes.delivered)
        done()
