"""A few rows in each layout of market-data files, with what a person would read in them. Knows no reader.

The rows are made up; their form is that of the vendors' documentation. What they mean is written down beside them by
hand, with stamps by ``datetime`` and ``zoneinfo``, which the readers don't use.
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
#: Eastern standard time all the year round, as HistData's files have it.
EST = "Etc/GMT+5"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Symbol, stamp, price, size.
Trade = tuple[str, int, float, float]
#: Symbol, stamp, bid, its size, ask, its size; None where there is none.
Quote = tuple[str, int, float | None, float | None, float | None, float | None]
#: Symbol, start, open, high, low, close, volume.
Bar = tuple[str, int, float, float, float, float, float]


def at(text: str, zone: str = "UTC") -> int:
    """Nanoseconds of ``2024-01-03 09:30:00.123456789`` (or less of it) in ``zone``."""
    whole, _, fraction = text.partition(".")
    moment = datetime.fromisoformat(whole).replace(tzinfo=ZoneInfo(zone))
    return (moment - _EPOCH) // timedelta(seconds=1) * 10**9 + int(fraction.ljust(9, "0"))


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A file called ``file`` (with folders, where they tell something), and what is in it."""

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
    """Lines, each ended."""
    return "".join(f"{line}\n" for line in lines).encode()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """An archive of ``members``."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()
