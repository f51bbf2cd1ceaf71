"""Ticks as lines of a recording, in a layout that replays to the same ticks.

``timestamp,symbol,price,size,bid,bid_size,ask,ask_size``: timestamps in ns, numbers in the fewest digits that read
back exactly, missing values empty. With trades also ``conditions,id,change``: sale conditions separated by blanks, the
feed's id of the trade, and ``late``, ``cancel`` or ``correct``.

Lines are sorted by time; at equal timestamps trades come before quotes, and each kind in order of arrival. Late trades
and corrections have timestamps in the past: their place in the file is when they arrived, which is when a replay plays
them. Recording the replay of a recording therefore gives the same file.
"""

from __future__ import annotations

import csv
import io
from typing import Final

from ticker.client.protocol.ticks import Quote, Trade

HEADER: Final = b"timestamp,symbol,price,size,bid,bid_size,ask,ask_size\n"
#: Of recordings with trades.
DETAILED_HEADER: Final = HEADER.rstrip() + b",conditions,id,change\n"

#: The sort key: timestamp, kind (trades first), order of arrival.
Key = tuple[int, int, int]


class Reorder:
    """Delays lines and sorts them, because trades and quotes arrive on separate channels.

    ``detailed``: the lines have the columns of ``DETAILED_HEADER``.
    """

    def __init__(self, *, detailed: bool = False) -> None:
        #: Lines that arrived after a later timestamp had been written; they stay out of order.
        self.late = 0
        self._held: list[tuple[Key, float, bytes]] = []
        self._count = 0
        self._reached = 0
        #: The highest timestamp of a trade so far.
        self._newest_trade = 0
        self._detailed = detailed

    def __len__(self) -> int:
        return len(self._held)

    def add(self, tick: Trade | Quote, now_s: float) -> None:
        self._count += 1
        stamp = tick.ts
        if isinstance(tick, Trade):
            self._newest_trade = max(self._newest_trade, stamp)
            stamp = stamp if tick.change is None else self._newest_trade
        key = stamp, int(isinstance(tick, Quote)), self._count
        self._held.append((key, now_s, line(tick, detailed=self._detailed)))

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


def line(tick: Trade | Quote, *, detailed: bool = False) -> bytes:
    """One line with its line break."""
    name = tick.symbol if tick.symbol.isalnum() else _quoted(tick.symbol)
    details = ""
    if isinstance(tick, Trade):
        values = f"{_text(tick.price)},{_text(tick.size)},,,,"
        details = _details(tick) if detailed else ""
    elif tick.bid is None and tick.ask is None:
        # A price of 0 is read as "none"; a line without any price would be refused.
        values = ",,0,,0,"
    else:
        values = f",,{','.join(map(_text, (tick.bid, tick.bid_size, tick.ask, tick.ask_size)))}"
    return f"{tick.ts},{name},{values}{details or (',,,' if detailed else '')}\n".encode()


def _details(trade: Trade) -> str:
    """``,@ T,5234,cancel``. Blanks separate conditions, so those within one become ``_``."""
    conditions = " ".join(each.replace(" ", "_") for each in trade.conditions)
    text = conditions if conditions.replace(" ", "").isalnum() else _quoted(conditions)
    return f",{text},{trade.id or ''},{trade.change or ''}"


def _text(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))


def _quoted(name: str) -> str:
    if not name:
        return ""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([name])
    return out.getvalue()
