"""Counters of the server and its clients, summed over all restarts, and the tables that show them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from tests.soak.attacker import Attacker
from tests.soak.client import Client
from tests.soak.failure import SoakError
from tests.soak.server import Metrics

COUNTED: Final = {
    "frames": "ticker_frames_total",
    "bytes": "ticker_sent_bytes_total",
    "changes sent": "ticker_updates_total",
    "changes conflated": "ticker_conflated_total",
    "skipped beats": "ticker_skipped_beats_total",
    "resyncs": "ticker_resyncs_total",
}
_LABELLED: Final = {"errors": "ticker_errors_total", "closes": "ticker_closes_total"}


class Totals:
    """``sums`` are the counters of all server processes, as of the last ``update`` of each."""

    def __init__(self) -> None:
        self._before: Counter[str] = Counter()
        self._now: Counter[str] = Counter()
        #: Changes offered, sent and conflated, as the server reported them at the last checkpoint.
        self.changes: Counter[str] = Counter()
        self.balanced = 0

    def update(self, found: Metrics) -> None:
        """Store the metrics of the current server process."""
        self._now = Counter({name: int(found.get((metric,), 0)) for name, metric in COUNTED.items()})
        for name, metric in _LABELLED.items():
            self._now.update({f"{name} {key[1]}": int(value) for key, value in found.items() if key[0] == metric})

    def server_ended(self) -> None:
        self._before, self._now = self.sums, Counter()

    @property
    def sums(self) -> Counter[str]:
        return self._before + self._now

    def balance(self, clients: Iterable[dict[str, Any]]) -> None:
        """Check ``offered == sent + conflated`` for each client that is up to date. Raises ``SoakError``."""
        self.changes.clear()
        for client in clients:
            offered, parts = client["offered"], client["sent"] + client["conflated"]
            if offered != parts:
                raise SoakError(
                    f"client {client['id']} of the server ({client['transport']}, {client['encoding']})",
                    f"{offered:,} changes were offered, {client['sent']:,} sent and {client['conflated']:,} conflated",
                )
            self.balanced += 1
            for each in ("offered", "sent", "conflated"):
                self.changes[each] += client[each]


def client_rows(clients: Sequence[Client]) -> list[list[str]]:
    """A header and a row for each kind of client."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for client in clients:
        verified, lost = client.verified
        kinds[client.kind] += Counter(client.counts) + Counter(
            {"clients": 1, "verified": verified, "lost": lost, "closed": client.closes.total()}
        )
    columns = ("clients", "connects", "losses", "closed", "resumes", "messages", "verified", "lost")
    rows = [["", *columns]]
    for kind, counts in sorted(kinds.items()):
        rows.append([kind, *(f"{counts[column]:,}" for column in columns)])
    return rows


def attacker_rows(attackers: Sequence[Attacker]) -> list[list[str]]:
    """A header and a row for each attacker."""
    columns = ("connects", "refusals", "cuts", "resets", "messages")
    return [["", *columns], *([each.name, *(f"{each.counts[column]:,}" for column in columns)] for each in attackers)]


def table(rows: Sequence[Sequence[str]]) -> str:
    """Text with aligned columns: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join([row[0].ljust(len(first)), *others]).rstrip())
    return "\n".join(lines)
