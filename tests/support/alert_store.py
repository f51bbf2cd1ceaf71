"""An in-memory store of alerts whose writes complete when the test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ticker.alerts.store import KEPT, AlertChanges, SavedAlert, SavedOwner
from ticker.wire.messages import Fired, Id


class MemoryStore:
    """With ``slow`` a write completes at ``finish``. ``load``, as after a crash, drops an unfinished write."""

    def __init__(self, *, slow: bool = False) -> None:
        self.slow = slow
        self.writes: list[AlertChanges] = []
        self.alerts: dict[tuple[str, Id], SavedAlert] = {}
        self.fired: dict[str, list[Fired]] = {}
        self.delivered: dict[str, int] = {}
        self.seen_ns: dict[str, int] = {}
        self.sources: dict[str, str] = {}
        self.ran_ns = 0
        self.in_progress: tuple[AlertChanges, Callable[[], None]] | None = None

    def load(self) -> Iterable[SavedOwner]:
        self.in_progress = None
        names = {owner: None for owner, _ in self.alerts} | dict.fromkeys([*self.fired, *self.delivered])
        return [
            SavedOwner(
                owner=name,
                alerts=[alert for (owner, _), alert in self.alerts.items() if owner == name],
                fired=list(self.fired.get(name, ())),
                delivered=self.delivered.get(name, 0),
                seen_ns=self.seen_ns.get(name, self.ran_ns),
                source=self.sources.get(name, ""),
            )
            for name in names
        ]

    def write(self, changes: AlertChanges, done: Callable[[], None]) -> None:
        assert self.in_progress is None, "one write at a time"
        self.in_progress = changes, done
        if not self.slow:
            self.finish()

    def finish(self) -> None:
        """Complete the write in progress."""
        assert self.in_progress is not None
        (changes, done), self.in_progress = self.in_progress, None
        self.writes.append(changes)
        for name in changes.forgotten:
            self.alerts = {key: alert for key, alert in self.alerts.items() if key[0] != name}
            self.fired.pop(name, None)
            self.delivered.pop(name, None)
            self.seen_ns.pop(name, None)
        for key in changes.removed:
            self.alerts.pop(key, None)
        for alert in changes.alerts:
            self.alerts[alert.owner, alert.id] = alert
        for name, fired in changes.fired:
            kept = self.fired.setdefault(name, [])
            kept.append(fired)
            del kept[:-KEPT]
        for name, seq in changes.trimmed.items():
            self.fired[name] = [each for each in self.fired.get(name, ()) if each.seq > seq]
        self.delivered.update(changes.delivered)
        self.seen_ns.update(changes.seen_ns)
        self.sources.update(changes.sources)
        self.ran_ns = changes.ran_ns
        done()
