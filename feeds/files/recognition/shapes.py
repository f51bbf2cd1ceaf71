"""Compares the texts of rows with the columns of layouts without a header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from feeds.files.layouts.layout import Layout

#: The share of rows that must match: the others may be bad.
ENOUGH: Final = 0.5


def has_shape(layout: Layout, rows: Sequence[Sequence[str]]) -> bool:
    """Whether enough rows have the layout's number of columns and texts as it has them."""
    fields = layout.fields
    fitting = [row for row in rows if len(fields) - layout.spare <= len(row) <= len(fields)]
    if not fitting:
        return False
    good = sum(
        all(re.fullmatch(pattern, field.strip()) for pattern, field in zip(fields, row, strict=False))
        for row in fitting
    )
    return good >= ENOUGH * len(rows)
