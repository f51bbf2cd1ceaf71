"""Checks the options of reading files, before any file is opened."""

from __future__ import annotations

import math
from datetime import date

from feeds.files.layouts.catalog import layout_names
from feeds.files.options import ReadOptions
from feeds.files.parsing.column_names import ROLES
from ticker.calendar import market_calendar
from ticker.errors import OptionError
from ticker.model import ALL, is_symbol
from ticker.zones import is_zone


def validate(options: ReadOptions) -> None:
    """Raise ``OptionError`` for a value that is wrong for every file."""
    if options.layout is not None and options.layout not in layout_names():
        text = f"unknown layout {options.layout!r}; known: {', '.join(layout_names())}"
        raise OptionError("layout", f"--layout: {text}")
    for role in options.columns:
        if role not in ROLES:
            text = f"{role!r} is not a role of a column; the roles are: {', '.join(ROLES)}"
            raise OptionError("columns", f"--columns: {text}")
    if options.time_zone is not None and not is_zone(options.time_zone):
        text = f"unknown time zone {options.time_zone[:80]!r}; example: Europe/Berlin"
        raise OptionError("time_zone", f"--time-zone: {text}")
    if options.exchange is not None:
        try:
            market_calendar(options.exchange)
        except ValueError as error:
            raise OptionError("exchange", f"--exchange: {error}") from None
    scale = options.price_scale
    if scale is not None and not (math.isfinite(scale) and scale > 0):
        raise OptionError("price_scale", f"--price-scale must be a finite number above 0, not {scale}")
    if options.date is not None and not _is_date(options.date):
        raise OptionError("date", f"--date must be a date since 1970, as YYYY-MM-DD, not {options.date!r}")
    if options.symbol is not None and not is_symbol(options.symbol):
        reason = "it is the wildcard" if options.symbol == ALL else "a symbol has 1 to 64 printable characters"
        raise OptionError("symbol", f"--symbol {options.symbol[:80]!r}: {reason}")


def _is_date(text: str) -> bool:
    try:
        return len(text) == len("2024-01-03") and date.fromisoformat(text).year >= 1970
    except ValueError:
        return False
