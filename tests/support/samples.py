"""A few rows in each layout of market-data files, and their meaning.

The rows are invented; their form follows the vendors' documentation. Their meaning is written by hand, with timestamps
by ``datetime`` and ``zoneinfo``, which the readers don't use.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

NEW_YORK = "America/New_York"
#: Eastern standard time without daylight saving, as in files of HistData.
EST = "Etc/GMT+5"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Symbol, timestamp, price, size.
Trade = tuple[str, int, float, float]
#: Symbol, timestamp, bid, its size, ask, its size; a missing side is None.
Quote = tuple[str, int, float | None, float | None, float | None, float | None]
#: Symbol, start, open, high, low, close, volume.
Bar = tuple[str, int, float, float, float, float, float]


def at(text: str, zone: str = "UTC") -> int:
    """``2024-01-03 09:30:00.123456789`` (or a part of it) in ``zone``, in ns."""
    whole, _, fraction = text.partition(".")
    moment = datetime.fromisoformat(whole).replace(tzinfo=ZoneInfo(zone))
    return (moment - _EPOCH) // timedelta(seconds=1) * 10**9 + int(fraction.ljust(9, "0"))


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A file, with the folders that matter, and its meaning."""

    id: str
    file: str
    content: bytes
    layout: str
    kind: Literal["trades", "quotes", "ticks", "bars"]
    zone: str = "UTC"
    options: Mapping[str, Any] = field(default_factory=dict)
    trades: tuple[Trade, ...] = ()
    quotes: tuple[Quote, ...] = ()
    bars: tuple[Bar, ...] = ()
    interval_s: int | None = None

    def write(self, folder: Path) -> Path:
        path = folder / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.content)
        return path

    @property
    def symbols(self) -> set[str]:
        return {row[0] for rows in (self.trades, self.quotes, self.bars) for row in rows}


def text(*lines: str) -> bytes:
    """The lines, each with a line feed."""
    return "".join(f"{line}\n" for line in lines).encode()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """An archive of ``members``."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()
