"""The log of what goes wrong below us: a line each, without what came from outside, and not faster than one can read.

aiohttp logs a malformed request with a traceback that has its bytes, secret headers included; asyncio logs hundreds of
tracebacks a second while there are no descriptors left.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from typing import Any, Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

log = logging.getLogger("ticker.server")

#: The same trouble is told again after so long.
_AGAIN_S: Final = 10.0
_NO_DESCRIPTORS: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Troubles:
    """An exception handler for the loop, and a logger for aiohttp. ``problems`` tells what goes on."""

    def __init__(self) -> None:
        self._told_s: dict[str, float] = {}
        self._unaccepted_s = float("-inf")
        self.logger = logging.getLogger("ticker.http")
        self.logger.addFilter(_without_bytes)

    def problems(self) -> list[str]:
        """What is wrong, in words."""
        lasts = time.monotonic() - self._unaccepted_s < _AGAIN_S
        return ["descriptors: none left; connections wait to be accepted"] if lasts else []

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.set_exception_handler(self._on_exception)

    def _on_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _NO_DESCRIPTORS and "socket" in context:
            self._unaccepted_s = time.monotonic()
            if self._is_due("accept"):
                log.error("no connection can be accepted: %s; is `ulimit -n` high enough?", error.strerror)
            return
        if self._is_due(f"{context.get('message')} {type(error).__name__}"):
            loop.default_exception_handler(context)

    def _is_due(self, what: str) -> bool:
        now_s = time.monotonic()
        due = now_s - self._told_s.get(what, float("-inf")) >= _AGAIN_S
        if due:
            if len(self._told_s) > 100:
                self._told_s.clear()
            self._told_s[what] = now_s
        return due


def _without_bytes(record: logging.LogRecord) -> bool:
    """A request that can't be read is its sender's fault: no error of ours, and nothing of it into the log."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | web.RequestPayloadError | UnicodeError | ValueError):
        record.levelno, record.levelname = logging.INFO, "INFO"
        record.msg, record.args = "a request that can't be read: %s", (type(error).__name__,)
        record.exc_info = record.exc_text = None
    return True
