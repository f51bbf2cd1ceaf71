"""What a user can state about files that their content doesn't tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """None or empty: as the file says or its layout implies. ``validate`` checks the values.

    ``time_zone``    IANA name of the zone of timestamps without an offset
    ``price_scale``  the divisor of integer prices (10000: Lean, LOBSTER)
    ``date``         YYYY-MM-DD, for files that have only times of day
    ``symbol``       for files that contain none
    ``layout``       a name from ``feeds.files.layouts.catalog``; without it the layout is detected
    ``columns``      role to the column's name in the header, or to its number from 1: ``price=PX``
    ``strict``       the first bad row is an error
    ``decimal``      the decimal mark of numbers: "." or ","; "32": prices are in 32nds, as 110'165
    ``day_first``    whether 03/04/2024 is in April
    ``bar_stamp``    "start" or "end": what the timestamp of a bar is
    ``allow_negative``  whether prices may be zero or negative
    ``exchange``     the market calendar: XNYS, XTKS, 24/7, forex (``ticker.calendar``)
    """

    time_zone: str | None = None
    price_scale: float | None = None
    date: str | None = None
    symbol: str | None = None
    layout: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    decimal: str | None = None
    day_first: bool | None = None
    bar_stamp: str | None = None
    allow_negative: bool = False
    exchange: str | None = None
