"""Ticks as the lines of a recording: the layout that a replay reads back to the same ticks.

``timestamp,symbol,price,size,bid,bid_size,ask,ask_size``: stamps in ns, numbers in the fewest digits that read back the
same, and an empty field where there is nothing. The order is that of time; at one stamp trades come before quotes, and
each kind as it came: so the recording of a recording's replay is the same file.
"""

from __future__ import annotations

import csv
import io
from typing import Final

from ticker.client.protocol.ticks import Quote, Trade

HEADER: Final = b"timestamp,symbol,price,size,bid,bid_size,ask,ask_size\n"

#: Stamp, kind (trades first), place in the order of arrival: what lines are sorted by.
Key = tuple[int, int, int]


class Reorder:
    """Holds lines back for a while, because trades and quotes come by ways of their own."""

    def __init__(self) -> None:
        #: Lines that came after a later stamp had been given out; they stand where they came.
        self.late = 0
        self._held: list[tuple[Key, float, bytes]] = []
        self._count = 0
        self._reached = 0

    def __len__(self) -> int:
        return len(self._held)

    def add(self, tick: Trade | Quote, now_s: float) -> None:
        self._count += 1
        key = tick.ts, int(isinstance(tick, Quote)), self._count
        self._held.append((key, now_s, line(tick)))

    def ready(self, before_s: float) -> list[bytes]:
        """The lines, in order, up to the last stamp of those that came before ``before_s``."""
        old = [key[0] for key, came_s, _ in self._held if came_s <= before_s]
        if not old:
            return []
        bound = max(old)
        self._held.sort(key=lambda each: each[0])
        found: list[bytes] = []
        for key, _, text in self._held:
            if key[0] > bound:
                break
            self.late += key[0] < self._reached
            found.append(text)
        del self._held[: len(found)]
        self._reached = max(self._reached, bound)
        return found


def line(tick: Trade | Quote) -> bytes:
    """One line, with its end."""
    name = tick.symbol if tick.symbol.isalnum() else _quoted(tick.symbol)
    if isinstance(tick, Trade):
        return f"{tick.ts},{name},{_text(tick.price)},{_text(tick.size)},,,,\n".encode()
    if tick.bid is None and tick.ask is None:
        # A price of 0 is read as "none"; a line without any price would say nothing.
        return f"{tick.ts},{name},,,0,,0,\n".encode()
    sides = (tick.bid, tick.bid_size, tick.ask, tick.ask_size)
    return f"{tick.ts},{name},,,{','.join(map(_text, sides))}\n".encode()


def _text(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _quoted(name: str) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([name])
    return out.getvalue()
