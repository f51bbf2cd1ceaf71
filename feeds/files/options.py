"""What a user says of files because they can't say it themselves. Everything else is found out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """None, 0 or empty: what the file says, or its layout implies.

    ``time_zone``     an IANA name, for stamps without an offset.
    ``price_scale``   what an integer price is to be divided by (10000: Lean, LOBSTER).
    ``date``          YYYY-MM-DD, for files that have times of day only.
    ``symbol``        for files that name none.
    ``layout``        the name of a layout (see ``feeds.files.layouts.catalog``), instead of recognising it.
    ``columns``       role to the column's name in the header, or (no header) its number from 1: ``price=PX``.
    ``strict``        the first bad row is an error.
    ``unpacked_bytes`` the most that one compressed file may unpack to.
    """

    time_zone: str | None = None
    price_scale: float | None = None
    date: str | None = None
    symbol: str | None = None
    layout: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    unpacked_bytes: int = 64 << 30
