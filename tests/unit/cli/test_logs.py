"""The log on stderr: it never blocks the event loop, and its entries can't be forged."""

from __future__ import annotations

import errno
import json
import logging
import threading

import pytest

from ticker.cli.logs import ThreadedHandler, _JsonLine, logging_to_stderr


def record(message: str) -> logging.LogRecord:
    return logging.LogRecord("ticker", logging.INFO, "", 0, message, None, None)


def test_a_thread_writes_the_lines_in_order() -> None:
    """All are written when `end` returns."""
    lines: list[str] = []
    handler = ThreadedHandler(lines.append)
    for word in ("one", "two", "three"):
        handler.emit(record(word))
    handler.end(10)
    assert lines == ["one\n", "two\n", "three\n"]


def test_lines_are_dropped_and_counted_while_the_reader_hangs() -> None:
    """The queue is bounded; the count is logged when there is room again."""
    writing, may_go_on = threading.Event(), threading.Event()
    lines: list[str] = []

    def write(line: str) -> None:
        writing.set()
        assert may_go_on.wait(60)
        lines.append(line)

    handler = ThreadedHandler(write, bound=2)
    handler.emit(record("a"))
    assert writing.wait(60)  # the first is being written, two more fit
    for word in "bcdef":
        handler.emit(record(word))
    assert handler.dropped == 3
    may_go_on.set()
    handler.end(10)
    text = "".join(lines)
    assert text.startswith("a\nb\n")
    assert "3 lines" in text
    assert "f" not in text.replace("fast", "")


def test_a_closed_stderr_is_no_error() -> None:

    def write(_: str) -> None:
        raise BrokenPipeError

    handler = ThreadedHandler(write, bound=2)
    for word in "abcdef":
        handler.emit(record(word))
    handler.end(0.01)


def test_lines_that_a_full_disk_refuses_are_counted() -> None:
    """Once there is space again, the log goes on with their number."""
    lines: list[str] = []
    refused: list[str] = []

    def write(line: str) -> None:
        if len(refused) < 2:
            refused.append(line)
            raise OSError(errno.ENOSPC, "No space left on device")
        lines.append(line)

    handler = ThreadedHandler(write)
    for word in "abc":
        handler.emit(record(word))
    handler.end(10)
    assert lines == ["c\n… 2 lines were dropped: stderr did not take them\n"]


def test_a_message_with_line_breaks_and_escape_sequences_is_one_plain_line(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to_stderr("info"):
        logging.getLogger("ticker.x").info("hello\nINFO forged \x1b[2J")
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "\x1b" not in told
    assert "hello INFO forged" in told


def test_an_entry_in_json_is_one_line_of_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    """With the connection's id; a traceback is in the same line."""
    log = logging.getLogger("ticker.x")
    with logging_to_stderr("info", "json"):
        log.info('client %s: hello\n"forged" \x1b[2J \u202e', "7", extra={"client": "7"})
        try:
            raise RuntimeError("ours")
        except RuntimeError:
            log.exception("failed")
    told = capsys.readouterr().err
    assert told.isascii()
    first, second = (json.loads(line) for line in told.splitlines())
    assert (first["level"], first["logger"], first["client"]) == ("info", "ticker.x", "7")
    assert first["message"] == 'client 7: hello\n"forged" \x1b[2J \u202e'
    assert first["ts"].endswith("+00:00")
    assert "\nRuntimeError: ours" in second["exception"]
    assert "client" not in second


def test_a_lone_surrogate_is_escaped_in_json() -> None:
    """It can't be encoded in UTF-8. It is not logged here, since pytest could not pass it on."""
    record = logging.LogRecord("ticker.x", logging.INFO, __file__, 1, "hello \ud800", None, None)
    assert r"hello \ud800" in _JsonLine().format(record)


def test_the_level_applies_within_the_block(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written after it."""
    log = logging.getLogger("ticker.x")
    with logging_to_stderr("warning", "ticker: %(message)s"):
        log.info("not this")
        log.warning("but this")
    handlers = logging.getLogger().handlers
    assert not any(isinstance(handler, ThreadedHandler) for handler in handlers)
    assert capsys.readouterr().err == "ticker: but this\n"


def test_lines_of_an_exception_are_indented_and_plain(capsys: pytest.CaptureFixture[str]) -> None:
    """So none looks like an entry, or controls the terminal."""
    with logging_to_stderr("info"):
        try:
            raise ValueError("hello\n2026-01-01 00:00:00,000 INFO forged\x1b[2J")
        except ValueError:
            logging.getLogger("ticker.x").exception("failed")
    first, *rest = capsys.readouterr().err.splitlines()
    assert first.endswith("failed")
    assert len(rest) > 3
    assert all(line.startswith("  ") and line.isprintable() for line in rest)
