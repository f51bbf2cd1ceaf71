"""Compares columns that have the same name: where their values differ, nothing says which one is right."""

from __future__ import annotations

import numpy as np

from feeds.files.parsing.dates import Mask
from feeds.files.parsing.table import Column, Names, Numbers, Rows
from feeds.files.parsing.timestamps import Timestamps
from feeds.files.recognition.header import different_twins
from feeds.files.recognition.plan import Plan
from feeds.files.report import excerpt
from ticker.errors import FeedError


def check_twins(rows: Rows, plan: Plan, file: str) -> None:
    """Raise ``FeedError`` for the first row in which two columns of one name differ."""
    for place, other in plan.twins:
        differ = ~_equal(rows, place, other)
        if differ.any():
            row = int(np.argmax(differ))
            texts = " and ".join(repr(excerpt(rows.text(row, at))) for at in (place, other))
            raise FeedError(f"{file}:{rows.lines[row]}: {texts}: {different_twins(plan.names[place], place, other)}")


def _equal(rows: Rows, place: int, other: int) -> Mask:
    one, two = rows.columns[place], rows.columns[other]
    found = _equal_columns(one, two)
    if found is None:
        texts = (rows.text(row, place).strip() == rows.text(row, other).strip() for row in range(len(rows.lines)))
        found = np.fromiter(texts, np.bool_, len(rows.lines))
    return found


def _equal_columns(one: Column, two: Column) -> Mask | None:
    """The rows with equal values; None for columns of two types, of which only the texts can be compared."""
    found: Mask
    if isinstance(one, Numbers) and isinstance(two, Numbers):
        found = (one.values == two.values) | (np.isnan(one.values) & np.isnan(two.values))
    elif isinstance(one, Names) and isinstance(two, Names):
        names = [np.array([*each.names, ""], object)[each.places] for each in (one, two)]
        found = names[0] == names[1]
    elif isinstance(one, Timestamps) and isinstance(two, Timestamps):
        found = (one.value == two.value) & (one.kind == two.kind)
    elif isinstance(one, np.ndarray) and isinstance(two, np.ndarray) and one.dtype.kind == two.dtype.kind:
        found = np.asarray(one == two, np.bool_)
    else:
        return None
    return found
