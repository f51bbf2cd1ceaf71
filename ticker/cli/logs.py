"""The log on stderr: a line an entry, written by a thread of its own.

Whoever reads stderr may stop reading; a pipe holds 64 KiB, and then a write blocks. So the event loop never writes: it
puts a finished line into a queue of ``BOUND`` entries, and where that is full the entry is dropped and counted.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType

from ticker.cli.failure import printable

BOUND = 1_000
#: How long the last lines may take at the end.
END_S = 0.2
LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("text", "json")

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class ThreadedHandler(logging.Handler):
    """Hands lines to ``write`` on a thread. ``dropped`` counts those that found the queue full."""

    def __init__(self, write: Callable[[str], object], bound: int = BOUND) -> None:
        super().__init__()
        self.dropped = 0
        self._write = write
        self._lines: queue.Queue[str | None] = queue.Queue(bound)
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - a bad log call must not fail its caller, whatever it did
            self.handleError(record)
            return
        try:
            self._lines.put_nowait(line + "\n")
        except queue.Full:
            self.dropped += 1

    def end(self, within_s: float = END_S) -> None:
        """Write what is queued, as far as that goes in time."""
        try:
            self._lines.put(None, timeout=within_s)
        except queue.Full:
            return
        self._thread.join(within_s)

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            dropped, self.dropped = self.dropped, 0
            if dropped:
                line += f"… and {dropped:,} lines that came too fast to be written\n"
            try:
                self._write(line)
            except (OSError, ValueError):
                return  # nobody reads any more: the queue fills, and the rest is counted only


class _OneLine(logging.Formatter):
    """What came from outside may not write lines of its own or steer the terminal. Tracebacks keep their lines."""

    def format(self, record: logging.LogRecord) -> str:
        # Another handler's form of the exception may be kept there.
        kept, record.exc_text = record.exc_text, None
        try:
            return super().format(record)
        finally:
            record.exc_text = kept

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = printable(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - logging's name
        # Set in, so that no line of an exception's words can pass for an entry.
        return "\n".join(f"  {printable(line)}" for line in super().formatException(ei).splitlines())


class _JsonLine(logging.Formatter):
    """One object a line: ``ts`` (UTC, ISO 8601), ``level``, ``logger``, ``message``, and what else is known."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        client = getattr(record, "client", None)
        if client is not None:
            said["client"] = client
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        # Nothing but ASCII goes out: what came from outside is escaped, whatever it is.
        return json.dumps(said, default=str)


@contextmanager
def logging_to_stderr(level: str, form: str = _FORMAT) -> Iterator[None]:
    """Write the log of everything to stderr while inside.

    ``level`` is one of ``LEVELS``; ``form`` one of ``FORMATS``, or how a line of text is made up.
    """
    handler = ThreadedHandler(_stderr())
    handler.setFormatter(_JsonLine() if form == "json" else _OneLine(_FORMAT if form == "text" else form))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(level.upper())
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.setLevel(before)
        root.removeHandler(handler)
        handler.end()


def _stderr() -> Callable[[str], object]:
    """A way to stderr that takes no lock: a thread that blocks in it must not hold up the interpreter's end."""
    try:
        number = sys.stderr.fileno()
    except (OSError, ValueError):
        return sys.stderr.write  # it is no file, as under a test

    def write(line: str) -> None:
        rest = line.encode(errors="backslashreplace")
        while rest:
            rest = rest[os.write(number, rest) :]

    return write
