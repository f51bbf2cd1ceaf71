"""A progress bar for feeds that load files before they start. It appears on a terminal, after a second of loading."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TextIO

from ticker.cli.failure import printable

if TYPE_CHECKING:
    from rich.progress import Progress

    from ticker.feed.feed import LoadProgress

#: Loading that takes less time shows no bar.
PATIENCE_S: Final = 1.0


class LoadingBar:
    """``show`` draws the progress. The bar is erased when the ``with`` block ends."""

    def __init__(self, out: TextIO | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._began_s = clock()
        self._drawn: Progress | None = None

    @classmethod
    def on(cls, out: TextIO) -> Self:
        """A bar on ``out`` if that is a terminal that can draw one; otherwise nothing is shown."""
        return cls(out if out.isatty() and os.environ.get("TERM") != "dumb" else None)

    def show(self, progress: LoadProgress) -> None:
        if self._out is None or (self._drawn is None and self._clock() - self._began_s < PATIENCE_S):
            return
        if self._drawn is None:
            self._drawn = _drawing(self._out)
            self._drawn.start()
            self._drawn.add_task("", rows=0)
        self._drawn.update(
            self._drawn.task_ids[0],
            description=printable(progress.name),
            total=progress.size_bytes or None,
            completed=min(progress.done_bytes, progress.size_bytes),
            rows=progress.rows,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._drawn is not None:
            self._drawn.stop()


def _drawing(out: TextIO) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.table import Column

    return Progress(
        TextColumn("loading {task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows", markup=False, table_column=Column(no_wrap=True, justify="right")),
        TimeRemainingColumn(compact=True),
        console=Console(file=out, highlight=False),
        transient=True,
        expand=True,
    )
