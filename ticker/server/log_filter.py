"""Limits what aiohttp and asyncio log: no bytes from clients, and repeated errors at most every ten seconds.

aiohttp logs a malformed request as a traceback with its bytes, including secret headers. asyncio logs hundreds of
tracebacks per second while the process is out of file descriptors.
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

#: How long the same error is not logged again.
_REPEAT_S: Final = 10.0
_NO_DESCRIPTORS: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class LogFilter:
    """The event loop's exception handler, and a ``logger`` for aiohttp."""

    def __init__(self) -> None:
        self._logged_s: dict[str, float] = {}
        self._accept_failed_s = float("-inf")
        self.logger = logging.getLogger("ticker.http")
        self.logger.addFilter(_without_request)

    def problems(self) -> list[str]:
        lasts = time.monotonic() - self._accept_failed_s < _REPEAT_S
        return ["descriptors: none left; new connections have to wait"] if lasts else []

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.set_exception_handler(self._on_exception)

    def _on_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _NO_DESCRIPTORS and "socket" in context:
            self._accept_failed_s = time.monotonic()
            if self._is_due("accept"):
                log.error("can't accept connections: %s; is `ulimit -n` high enough?", error.strerror)
        elif self._is_due(f"{context.get('message')} {type(error).__name__}"):
            loop.default_exception_handler(context)

    def _is_due(self, what: str) -> bool:
        now_s = time.monotonic()
        due = now_s - self._logged_s.get(what, float("-inf")) >= _REPEAT_S
        if due:
            if len(self._logged_s) > 100:
                self._logged_s.clear()
            self._logged_s[what] = now_s
        return due


def _without_request(record: logging.LogRecord) -> bool:
    """Reduce the error of a malformed request, which is the client's fault, to one line without its content."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | web.RequestPayloadError | UnicodeError | ValueError):
        record.levelno, record.levelname = logging.INFO, "INFO"
        record.msg, record.args = "malformed request: %s", (type(error).__name__,)
        record.exc_info = record.exc_text = None
    return True
