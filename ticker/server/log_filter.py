"""Limits what aiohttp and asyncio log: no bytes from clients, and repeated errors at most every ten seconds.

A client can cause a line with each request, and with each write after it has gone. These have a rate limit.

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

from ticker.server.core.line_limit import LineLimit

log = logging.getLogger("ticker.server")

#: How long the same error is not logged again.
_REPEAT_S: Final = 10.0
#: Malformed requests logged: at once, and per second in the long run.
MALFORMED_AT_ONCE: Final = 100
MALFORMED_PER_SECOND: Final = 1.0
#: What asyncio logs of each write to a connection that has failed; the second with TLS.
_FAILED_WRITES: Final = ("socket.send() raised exception.", "SSL connection is closed")
_NO_DESCRIPTORS: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class LogFilter:
    """The event loop's exception handler, and a ``logger`` for aiohttp."""

    def __init__(self) -> None:
        self._logged_s: dict[str, float] = {}
        self._accept_failed_s = float("-inf")
        self.logger = logging.getLogger("ticker.http")
        # The logger outlives the service, whose filter replaces that of the one before.
        for each in [each for each in self.logger.filters if isinstance(each, _Malformed)]:
            self.logger.removeFilter(each)
        self.logger.addFilter(_Malformed())

    def problems(self) -> list[str]:
        lasts = time.monotonic() - self._accept_failed_s < _REPEAT_S
        return ["descriptors: none left; new connections have to wait"] if lasts else []

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.set_exception_handler(self._on_exception)
        logging.getLogger("asyncio").addFilter(_writes)

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


class _Malformed(logging.Filter):
    """Reduces the error of a malformed request, which is the client's fault, to one line without its content."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = LineLimit(MALFORMED_PER_SECOND, MALFORMED_AT_ONCE)

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError | web.RequestPayloadError | UnicodeError | ValueError):
            return True
        # aiohttp logs an error, so the logger has let it pass at any level.
        if not logging.getLogger(record.name).isEnabledFor(logging.INFO) or not self._lines.allows():
            return False
        count = self._lines.left_out()
        record.levelno, record.levelname = logging.INFO, "INFO"
        more = f" ({count} more were not logged)" if count else ""
        record.msg, record.args = "malformed request: %s%s", (type(error).__name__, more)
        record.exc_info = record.exc_text = None
        return True


class _Writes(logging.Filter):
    """Lets pass what asyncio logs of writes after an error once in ten seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = {message: LineLimit(1 / _REPEAT_S, 1) for message in _FAILED_WRITES}

    def filter(self, record: logging.LogRecord) -> bool:
        lines = self._lines.get(record.msg) if isinstance(record.msg, str) else None
        return lines is None or lines.allows()


#: One for all services of the process: asyncio has one logger.
_writes: Final = _Writes()
