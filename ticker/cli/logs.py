"""The log on stderr: one line per entry, written by a thread.

A write to stderr blocks when its reader has stopped and the pipe (64 KiB) is full. The event loop therefore puts lines
into a queue of ``BOUND`` entries; when the queue is full, entries are dropped and counted.
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
#: The time for writing the last lines at exit.
END_S = 0.2
LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("text", "json")

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


class ThreadedHandler(logging.Handler):
    """Passes lines to ``write`` on a thread. ``dropped`` counts the lines that found the queue full."""

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
        except Exception:  # noqa: BLE001 - a wrong log call must not fail its caller
            self.handleError(record)
            return
        try:
            self._lines.put_nowait(line + "\n")
        except queue.Full:
            self.dropped += 1

    def end(self, within_s: float = END_S) -> None:
        """Write what is queued, for at most ``within_s`` seconds."""
        try:
            self._lines.put(None, timeout=within_s)
        except queue.Full:
            return
        self._thread.join(within_s)

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            dropped, self.dropped = self.dropped, 0
            if dropped:
                line += f"… {dropped:,} lines were dropped: stderr did not take them\n"
            try:
                self._write(line)
            except OSError:
                self.dropped += 1 + dropped  # a full disk may have space again
            except ValueError:
                return  # stderr was closed: the queue fills, and later lines are dropped


class _OneLine(logging.Formatter):
    """Removes line breaks and control characters from messages: input from clients must not forge entries."""

    def format(self, record: logging.LogRecord) -> str:
        # Another handler may have stored its own format of the exception.
        kept, record.exc_text = record.exc_text, None
        try:
            return super().format(record)
        finally:
            record.exc_text = kept

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = printable(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 - logging's name
        # Indented, so that no line of an exception's message looks like an entry.
        return "\n".join(f"  {printable(line)}" for line in super().formatException(ei).splitlines())


class _JsonLine(logging.Formatter):
    """One JSON object per line: ``ts``, ``level``, ``logger``, ``message``; if known, ``client`` and ``exception``."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        client = getattr(record, "client", None)
        if client is not None:
            entry["client"] = client
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        # json.dumps escapes everything but ASCII, so no input can control the terminal.
        return json.dumps(entry, default=str)


@contextmanager
def logging_to_stderr(level: str, form: str = _FORMAT) -> Iterator[None]:
    """Log to stderr within the ``with`` block.

    ``level`` is one of ``LEVELS``; ``form`` is one of ``FORMATS``, or a format string for lines of text.
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
    """A function that writes to stderr without a lock: a thread blocked in it must not delay the interpreter's exit."""
    try:
        number = sys.stderr.fileno()
    except (OSError, ValueError):
        return sys.stderr.write  # not a file, as in a test

    def write(line: str) -> None:
        rest = line.encode(errors="backslashreplace")
        while rest:
            rest = rest[os.write(number, rest) :]

    return write
