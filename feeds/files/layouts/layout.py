"""What a layout is: how a vendor writes a file, and how to know it. It knows none of them, and reads nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from feeds.files.parsing.timestamp_formats import Reading

Kind = Literal["ticks", "bars"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One vendor's (or program's) way to write ticks or bars.

    With a header it is known by ``header`` (names in the form of ``roles.plain``; ``exact``: and no others), without
    one by ``fields``: a pattern for each column's text, of which the last ``spare`` may be missing. ``columns`` gives
    roles their column's name or number (from 0); with a header, other roles go by their usual names.
    """

    name: str
    title: str
    kind: Kind
    header: frozenset[str] = frozenset()
    exact: bool = False
    #: A word of the lines before the header, in small letters.
    banner: str = ""
    fields: tuple[re.Pattern[str], ...] = ()
    spare: int = 0
    columns: Mapping[str, str | int] = field(default_factory=dict)
    #: The zone of stamps without an offset; None: nobody knows, so UTC is assumed.
    zone: str | None = None
    #: How the column ``timestamp`` (or ``time``, beside ``date``) is to be read.
    reading: Reading = "stamp"
    #: A layout for naive stamps only: with offsets or epoch numbers, columns of these names are no sign of this vendor.
    naive: bool = False
    #: What prices are to be divided by where they are whole numbers.
    scale: float = 1.0
    #: Decimal prices in the same layout are not scaled (Databento's "pretty" files).
    scale_if_whole: bool = False
    #: A side of a quote that is 0 or empty stays as it was, instead of being none.
    one_sided: bool = False
    #: Of a tick file: in which rows there is a trade (a role, and the texts it has then); others are passed over,
    #: unless there is a quote in them.
    trade_if: tuple[str, frozenset[str]] | None = None
    #: Epoch numbers may change their unit within a file.
    mixed_units: bool = False
    #: The last line may be one of this beginning, which is no row.
    trailer: str | None = None
    upper: bool = False
