"""Bounds the memory of all owners' histories: the fired alerts that are kept to be delivered, or delivered again."""

from __future__ import annotations

from collections import Counter

from ticker.alerts.owner import Owner


class Histories:
    """At most ``most`` fired alerts are kept. Beyond that, of the source of owners that has most (see
    ``Session.source``; an owner without one counts by itself), the owner with most loses the older half.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[str, dict[Owner, int]] = {}
        self._totals: Counter[str] = Counter()
        self._total = 0

    def count(self, owner: Owner) -> None:
        """Note how many fired alerts an owner has now."""
        source = _group(owner)
        kept = self._kept.setdefault(source, {})
        more = owner.kept - kept.get(owner, 0)
        kept[owner] = owner.kept
        self._totals[source] += more
        self._total += more
        if not owner.kept:
            del kept[owner]
        if not kept:
            del self._kept[source], self._totals[source]

    def trim(self) -> list[Owner]:
        """Enforce the limit. Returns the owners that have lost some."""
        trimmed: dict[Owner, None] = {}
        while self._total > self._most:
            kept = self._kept[max(self._totals, key=lambda source: self._totals[source])]
            owner = max(kept, key=lambda each: kept[each])
            owner.forget_half()
            self.count(owner)
            trimmed[owner] = None
        return list(trimmed)


def _group(owner: Owner) -> str:
    # No source has a line break in its name.
    return owner.source or f"\n{owner.name}"
