"""The options of the feed ``csv``: the files and the clock."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Annotated, Literal

from msgspec import Meta

from feeds.files.options import ReadOptions
from ticker.errors import OptionError
from ticker.feed.feed import FeedOptions, flag
from ticker.timeparse import duration_ns


class ReplayOptions(FeedOptions, frozen=True, kw_only=True):
    """The options of ``csv``. Those about files are needed only if the files don't contain the information."""

    path: Annotated[
        tuple[str, ...],
        Meta(
            description="Files or folders to replay: .csv, .txt, .gz, .zip, .zst or .parquet.",
            extra={"paths": True},
        ),
    ]
    speed: Annotated[
        float, Meta(ge=0, description="Market seconds per second: 1 is real time, 0 is as fast as possible.")
    ] = 1.0
    loop: Annotated[bool, Meta(description="Start again at the end.")] = False
    paused: Annotated[bool, Meta(description="Start paused, until `ticker replay resume`.")] = False
    max_gap: Annotated[
        str | None, Meta(description="Shorten longer gaps in market time, such as nights, to this: 5s, 2m.")
    ] = None
    time_zone: Annotated[
        str | None,
        Meta(description="Zone of timestamps without an offset: America/New_York. [default: of the layout]"),
    ] = None
    price_scale: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="Divide prices by this number: 10000. [default: of the layout]"),
    ] = None
    date: Annotated[
        str | None,
        Meta(description="Date of files with times of day only: 2024-01-03. [default: from the file name]"),
    ] = None
    symbol: Annotated[str | None, Meta(description="Symbol of files without one. [default: from the file name]")] = None
    layout: Annotated[str | None, Meta(description="Layout of the files. [default: detected]")] = None
    columns: Annotated[dict[str, str], Meta(description="Columns by name or number (from 1): price=PX,size=QTY.")] = {}  # noqa: RUF012 - msgspec copies it
    decimal: Annotated[
        Literal[".", ",", "32"] | None,
        Meta(description="Decimal mark of numbers; 32: prices in 32nds. [default: detected per column]"),
    ] = None
    day_first: Annotated[
        bool | None,
        Meta(
            description="Whether 03/04/2024 is in April or in March. [default: detected from the rows]",
            extra={"opposite": "--month-first"},
        ),
    ] = None
    bar_stamp: Annotated[
        Literal["start", "end"] | None,
        Meta(description="Whether a bar's timestamp is its start or its end. [default: detected, else start]"),
    ] = None
    allow_negative: Annotated[
        bool, Meta(description="Accept prices of zero and below: spreads, power, crude oil in April 2020.")
    ] = False
    exchange: Annotated[
        str | None,
        Meta(description="Market calendar: XNYS, XTKS, forex, 24/7. [default: of the layout, else midnights]"),
    ] = None
    strict: Annotated[bool, Meta(description="Fail at the first bad row. [default: skip bad rows]")] = False


def check(options: ReplayOptions) -> None:
    """Raise ``OptionError`` for a path or a speed that can't work. ``load`` checks the options about files."""
    if not any(path.strip() for path in options.path):
        raise OptionError("path", f"{flag('path')}: the name of a file or folder is needed")
    if not math.isfinite(options.speed):
        raise OptionError("speed", f"{flag('speed')}: a finite number is needed, not {options.speed}")


def max_gap_ns(options: ReplayOptions) -> int | None:
    """The longest gap in market time, or None. Raises ``OptionError``."""
    if options.max_gap is None:
        return None
    try:
        return duration_ns(options.max_gap)
    except ValueError as error:
        raise OptionError("max_gap", f"{flag('max_gap')}: {error}") from None


def read_options(options: ReplayOptions) -> ReadOptions:
    """The options about files."""
    return ReadOptions(**{field.name: getattr(options, field.name) for field in fields(ReadOptions)})
