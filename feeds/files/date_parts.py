"""Joins the columns of a date in parts, ``Year``, ``Month``, ``Day`` and perhaps ``Hour``, to one of timestamps."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np

from feeds.files.parsing.table import Rows
from feeds.files.recognition.plan import Plan

#: Years of two digits from here on are of the 20th century.
_CENTURY_FROM: Final = 50


def with_dates(rows: Rows, plan: Plan) -> Rows:
    """The rows with the timestamp in the column of the year, if the file has its parts. What is no date is refused."""
    if not plan.parts:
        return rows
    year = plan.parts["year"]
    texts = {part: _texts(rows, place) for part, place in plan.parts.items()}
    count = len(rows.lines)
    none = [""] * count
    date = (texts.get(part, none) for part in ("year", "month", "day"))
    found = np.empty(count, object)
    found[:] = [_date(*words) for words in zip(*date, strict=True)]
    if "hour" in texts:
        clock = (texts.get(part, none) for part in ("hour", "minute", "second"))
        found[:] = [
            f"{words} {_clock(*parts)}" for words, parts in zip(found.tolist(), zip(*clock, strict=True), strict=True)
        ]
    text = rows.text
    return replace(
        rows,
        columns={**rows.columns, year: found},
        text=lambda row, place: str(found[row]) if place == year else text(row, place),
    )


def _texts(rows: Rows, place: int) -> list[str]:
    column = rows.columns[place]
    if not isinstance(column, np.ndarray):
        return [rows.text(row, place) for row in range(len(rows.lines))]
    words = [word if isinstance(word, str) else word.decode("utf-8", "replace") for word in column.tolist()]
    return [word.strip().removesuffix(".0") for word in words]


@lru_cache(maxsize=4096)
def _date(year: str, month: str, day: str) -> str:
    """``2024-01-03``, ``3 Jan 2024``, or without a day ``2024-01``; empty if all parts are."""
    if not (year or month or day):
        return ""
    if len(year) == 2 and year.isdecimal():
        year = f"{19 if int(year) >= _CENTURY_FROM else 20}{year}"
    if month and not month[0].isdecimal():
        return f"{day} {month} {year}".strip()
    return "-".join(filter(None, (year, month.zfill(2), day and day.zfill(2))))


@lru_cache(maxsize=4096)
def _clock(hour: str, minute: str, second: str) -> str:
    """``09:05:00.5``."""
    whole, point, rest = second.partition(".")
    return f"{hour.zfill(2)}:{minute.zfill(2)}:{whole.zfill(2)}{point}{rest}"
