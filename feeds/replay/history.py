"""Loads the history that a replay plays, and logs a summary. Imports the readers, and pandas, only when called."""

from __future__ import annotations

import logging
import os
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from feeds.replay.options import ReplayOptions, read_options
from ticker.errors import FeedError, OptionError
from ticker.feed.feed import LoadProgress

if TYPE_CHECKING:
    from feeds.files.report import FileReport
    from feeds.files.timeline.timeline import Timeline

log = logging.getLogger(__name__)

#: Bad rows that are logged one by one; the others are counted.
LOGGED_ROWS: Final = 5


def load_history(options: ReplayOptions, progress: Callable[[LoadProgress], None] | None) -> Timeline:
    """Load the files. Raises ``FeedError`` with the first fault and the command that shows more."""
    from feeds.files.loading import load

    try:
        timeline = load(options.path, read_options(options), progress=progress)
    except OptionError:
        raise
    except FeedError as error:
        hint = f"; {_hint(options.path)} shows more" if all(map(os.path.exists, options.path)) else ""
        raise FeedError(f"{error}{hint}") from error
    _log(timeline.reports, options.path)
    return timeline


def _log(reports: Sequence[FileReport], paths: Sequence[str]) -> None:
    logged = 0
    for report in reports:
        for complaint in report.complaints[: LOGGED_ROWS - logged]:
            logged += 1
            log.warning("%s", complaint.message(report.name))
    refused: Counter[str] = sum((report.refused for report in reports), Counter())
    text = summary(reports, refused)
    if refused:
        log.warning("%s; %s shows more", text, _hint(paths))
    else:
        log.info("%s", text)


def summary(reports: Sequence[FileReport], refused: Counter[str]) -> str:
    """``day.csv: 120 rows, 117 trades; 3 rows refused (not a price: 2, not a symbol: 1)``."""
    name = reports[0].name if len(reports) == 1 else f"{len(reports):,} files"
    counts = {kind: sum(getattr(report, kind) for report in reports) for kind in ("trades", "quotes", "bars")}
    found = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    rows = sum(report.rows for report in reports)
    text = f"{name}: {rows:,} {'row' if rows == 1 else 'rows'}, {found or 'nothing to play'}"
    if refused:
        reasons = ", ".join(f"{reason}: {count:,}" for reason, count in refused.most_common())
        total = sum(refused.values())
        text += f"; {total:,} {'row' if total == 1 else 'rows'} refused ({reasons})"
    return text


def _hint(paths: Sequence[str]) -> str:
    shown = shlex.join(paths[:1]) + (" …" if len(paths) > 1 else "")
    return f"`ticker inspect {shown}`"
