"""Log lines that clients can cause: at most some per client and in all, and those left out are counted."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from ticker.server.core.line_limit import LineLimit

#: How many sources of lines are remembered, the most recent ones.
MAX_SOURCES: Final = 4_096


class RateLimitedLog:
    """Warnings of one kind. ``per_minute`` is their number in all, ``per_source`` of one source, such as an address.

    As many may come at once. The first line after others were left out ends with their number.
    """

    def __init__(
        self,
        logger: logging.Logger,
        *,
        per_minute: int = 60,
        per_source: int = 10,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._logger = logger
        self._per_source = per_source
        self._clock = clock
        self._all = LineLimit(per_minute / 60, per_minute, clock)
        self._sources: OrderedDict[str, LineLimit] = OrderedDict()
        self._left_out = 0

    def warning(self, source: str, text: str, *args: object) -> None:
        """Log a line, unless there were too many. ``args`` are formatted into ``text`` as in ``logging``."""
        own = self._sources.pop(source, None) or LineLimit(self._per_source / 60, self._per_source, self._clock)
        self._sources[source] = own
        if len(self._sources) > MAX_SOURCES:
            self._sources.popitem(last=False)
        # A source that logs too much must not use up what all share.
        if not own.allows() or not self._all.allows():
            self._left_out += 1
            return
        left_out, self._left_out = self._left_out, 0
        if left_out:
            text, args = text + " (%d more were left out)", (*args, left_out)
        self._logger.warning(text, *args)
