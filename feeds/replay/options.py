"""The options of the feed ``csv``: what a user says of the files and of the clock."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Annotated

from msgspec import Meta

from feeds.files.options import ReadOptions
from ticker.errors import OptionError
from ticker.feed.feed import FeedOptions, flag
from ticker.timeparse import duration_ns


class ReplayOptions(FeedOptions, frozen=True, kw_only=True):
    """The options of ``csv``. What is said of files is needed only where they can't say it themselves."""

    path: Annotated[
        tuple[str, ...],
        Meta(
            description="Files or a folder of them: .csv, .txt, .gz, .zip, .zst, .parquet, in any known layout. "
            "(Several in the environment are separated as in PATH.)",
            extra={"paths": True},
        ),
    ]
    speed: Annotated[
        float, Meta(ge=0, description="Market seconds a second: 1 as it happened, 60 an hour a minute, 0 at once.")
    ] = 1.0
    loop: Annotated[bool, Meta(description="Begin again at the end, as a new epoch.")] = False
    paused: Annotated[bool, Meta(description="Wait at the beginning until `ticker replay resume`.")] = False
    max_gap: Annotated[
        str | None, Meta(description="Nights and other pauses in market time last no longer than this: 5s, 2m.")
    ] = None
    time_zone: Annotated[
        str | None, Meta(description="The zone of stamps without an offset: America/New_York. [default: the layout's]")
    ] = None
    price_scale: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="What prices are to be divided by: 10000. [default: the layout's]"),
    ] = None
    date: Annotated[
        str | None, Meta(description="The day of files that have times alone: 2024-01-03. [default: their name's]")
    ] = None
    symbol: Annotated[str | None, Meta(description="The symbol of files that name none. [default: their name's]")] = (
        None
    )
    layout: Annotated[str | None, Meta(description="The files' layout, instead of recognising it.")] = None
    columns: Annotated[
        dict[str, str], Meta(description="Which column is what, by its name or its number: price=PX,size=QTY.")
    ] = {}  # noqa: RUF012 - msgspec copies it
    strict: Annotated[bool, Meta(description="The first bad row is an error; otherwise the good ones play.")] = False


def check(options: ReplayOptions) -> None:
    """Raise ``OptionError`` for what can't work, whatever the files are."""
    if not any(path.strip() for path in options.path):
        raise OptionError("path", f"{flag('path')}: the name of a file or a folder is needed")
    if not math.isfinite(options.speed):
        raise OptionError("speed", f"{flag('speed')}: a finite number is needed, not {options.speed}")


def max_gap_ns(options: ReplayOptions) -> int | None:
    """The longest pause in market time. Raises ``OptionError``."""
    if options.max_gap is None:
        return None
    try:
        return duration_ns(options.max_gap)
    except ValueError as error:
        raise OptionError("max_gap", f"{flag('max_gap')}: {error}") from None


def read_options(options: ReplayOptions) -> ReadOptions:
    """Those of the options that concern the files."""
    return ReadOptions(**{field.name: getattr(options, field.name) for field in fields(ReadOptions)})
