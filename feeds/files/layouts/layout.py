"""The description of a layout: how a vendor or program writes a file, and how to recognise it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal

from feeds.files.condition_texts import Vocabulary
from feeds.files.parsing.timestamp_formats import Reading

Kind = Literal["ticks", "bars"]


def names(text: str) -> frozenset[str]:
    """Column names, separated by spaces, in the form of ``column_names.plain``."""
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class Layout:
    """A way to write ticks or bars.

    A file with a header is recognised by ``header``: names that its header contains (with ``exact``: and no others). A
    file without one is recognised by ``fields``: a regular expression for the texts of each column; the last ``spare``
    columns may be missing. ``columns`` maps roles to column names, or to numbers from 0. With a header, other roles are
    found by the usual names of their columns.
    """

    name: str
    title: str
    kind: Kind
    _: KW_ONLY
    header: frozenset[str] = frozenset()
    exact: bool = False
    #: A word that the lines before the header must contain, in lower case.
    banner: str = ""
    fields: tuple[str, ...] = ()
    spare: int = 0
    columns: Mapping[str, str | int] = field(default_factory=dict)
    #: The zone of timestamps without an offset. None: not documented, so UTC is assumed.
    zone: str | None = None
    #: The zone of this vendor's files of markets that never close: of those with rows on a Saturday, or named crypto.
    crypto_zone: str | None = None
    #: What in a file proves the zone and the scale: for the table of layouts in ``docs/replay.md``.
    evidence: str = ""
    #: Where its vendor states the zone and the scale: for the same table. Empty: they are assumed, which is told.
    source: str = ""
    #: A pattern of the names of such files, their archives and folders, in lower case. Without such a name, the zone
    #: doesn't apply, and neither does the layout if ``named`` is set.
    traces: str = ""
    named: bool = False
    #: A pattern that the first timestamp must match.
    stamps: str = ""
    #: Whether 03/04/2024 is in April; None: its vendor writes both, or neither.
    day_first: bool | None = None
    #: The format of the column ``timestamp`` (or of ``time``, beside ``date``).
    reading: Reading = "stamp"
    #: Matches only timestamps without an offset: with offsets or epoch numbers, other programs use the same names.
    naive: bool = False
    #: The divisor of integer prices.
    scale: float = 1.0
    #: Decimal prices are not scaled (Databento's "pretty" files).
    scale_if_whole: bool = False
    #: A side of a quote that is 0 or empty is unchanged; otherwise it is missing.
    one_sided: bool = False
    #: Which rows of a tick file are trades: a role and its texts. Other rows are skipped unless they contain a quote.
    trade_if: tuple[str, frozenset[str]] | None = None
    #: Epoch numbers may change their unit within a file.
    mixed_units: bool = False
    #: The last line may start with this word; it is no row.
    trailer: str | None = None
    #: A symbol from the file name is written in capitals.
    upper: bool = False
    #: The market calendar of stocks in this layout: the vendor's stocks are all from there.
    exchange: str | None = None
    #: How the column ``conditions`` is written.
    vocabulary: Vocabulary = "any"

    def has_traces(self, file_names: Iterable[str]) -> bool:
        """Whether one of a file's names is as this vendor names its files."""
        return not self.traces or any(re.search(self.traces, name.lower()) for name in file_names)
