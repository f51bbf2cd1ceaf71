"""What a user says of files, held to what can be. It knows no file."""

from __future__ import annotations

import math
from datetime import date

from feeds.files.layouts.catalog import layout_names
from feeds.files.options import ReadOptions
from feeds.files.parsing.column_names import ROLES
from feeds.files.parsing.zones import is_zone
from ticker.errors import OptionError
from ticker.model import ALL, is_symbol


def validate(options: ReadOptions) -> None:
    """Raise ``OptionError`` for what is wrong whatever the file is."""
    _check_names(options)
    if options.time_zone is not None and not is_zone(options.time_zone):
        raise OptionError("time_zone", f"--time-zone: there is no zone {options.time_zone!r}; say it as Europe/Berlin")
    scale = options.price_scale
    if scale is not None and not (math.isfinite(scale) and scale > 0):
        raise OptionError("price_scale", f"--price-scale must be a number above 0, not {scale}")
    if options.date is not None:
        try:
            good = len(options.date) == len("2024-01-03") and date.fromisoformat(options.date).year >= 1970
        except ValueError:
            good = False
        if not good:
            raise OptionError("date", f"--date must be a day since 1970 as YYYY-MM-DD, not {options.date!r}")
    if options.symbol is not None and not is_symbol(options.symbol):
        words = "the wildcard" if options.symbol == ALL else "no printable text of 1 to 64 characters"
        raise OptionError("symbol", f"--symbol {options.symbol[:80]!r} can't be a symbol: it is {words}")


def _check_names(options: ReadOptions) -> None:
    if options.layout is not None and options.layout not in layout_names():
        words = f"there is no layout {options.layout!r}; there are: {', '.join(layout_names())}"
        raise OptionError("layout", f"--layout: {words}")
    for role in options.columns:
        if role not in ROLES:
            raise OptionError(
                "columns", f"--columns: {role!r} is nothing that a column can be; that is: {', '.join(ROLES)}"
            )
