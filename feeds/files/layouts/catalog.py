"""All layouts together: vendors', and those that go by the columns' names. Nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from feeds.files.layouts.headerless import HEADERLESS
from feeds.files.layouts.layout import Layout
from feeds.files.layouts.with_header import WITH_HEADER

_BY_COLUMNS: Final = (
    Layout(name="yfinance", title="yfinance download()", kind="bars"),
    Layout(name="wide", title="a column a symbol", kind="ticks"),
    Layout(name="wide-bars", title="bars, the symbol in the columns' names", kind="bars"),
    Layout(name="bars", title="bars, columns by name", kind="bars"),
    Layout(name="trades", title="trades, columns by name", kind="ticks"),
    Layout(name="quotes", title="quotes, columns by name", kind="ticks"),
    Layout(name="ticks", title="trades and quotes, columns by name", kind="ticks"),
)

#: Those whose header has more names come first, for a longer one may have all the names of a shorter.
BY_HEADER: Final = tuple(sorted(WITH_HEADER, key=lambda layout: (-len(layout.header), not layout.exact)))

BY_COLUMNS: Final[Mapping[str, Layout]] = {layout.name: layout for layout in _BY_COLUMNS}


def layout_names() -> tuple[str, ...]:
    """What ``--layout`` takes, in the order of the alphabet."""
    return tuple(sorted({layout.name for layout in (*WITH_HEADER, *HEADERLESS, *_BY_COLUMNS)}))
