"""Ticks as lines of a recording, in a layout that replays to the same ticks.

``timestamp,symbol,price,size,bid,bid_size,ask,ask_size``: timestamps in ns, numbers in the fewest digits that read
back exactly, missing values empty. Lines are sorted by time; at equal timestamps trades come before quotes, and each
kind in order of arrival. Recording the replay of a recording therefore gives the same file.
"""

from __future__ import annotations

import csv
import io
from typing import Final

from ticker.client.protocol.ticks import Quote, Trade

HEADER: Final = b"timestamp,symbol,price,size,bid,bid_size,ask,ask_size\n"

#: The sort key: timestamp, kind (trades first), order of arrival.
Key = tuple[int, int, int]


class Reorder:
    """Delays lines and sorts them, because trades and quotes arrive on separate channels."""

    def __init__(self) -> None:
        #: Lines that arrived after a later timestamp had been written; they stay out of order.
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
        """The sorted lines up to the last timestamp that arrived before ``before_s``."""
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
    """One line with its line break."""
    name = tick.symbol if tick.symbol.isalnum() else _quoted(tick.symbol)
    if isinstance(tick, Trade):
        return f"{tick.ts},{name},{_text(tick.price)},{_text(tick.size)},,,,\n".encode()
    if tick.bid is None and tick.ask is None:
        # A price of 0 is read as "none"; a line without any price would be refused.
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
