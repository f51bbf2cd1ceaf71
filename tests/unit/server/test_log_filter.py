"""What the server logs of errors that clients cause."""

from __future__ import annotations

import logging

import pytest
from aiohttp.http_exceptions import BadHttpMethod

from ticker.server.log_filter import LogFilter


@pytest.mark.parametrize(
    ("level", "lines"), [(logging.INFO, ["malformed request: BadHttpMethod"]), (logging.WARNING, [])]
)
def test_a_malformed_request_is_logged_at_info(level: int, lines: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """aiohttp logs it as an error with its content. With `--log-level warning` there is no line."""
    found = LogFilter()
    with caplog.at_level(level, found.logger.name):
        caplog.handler.setLevel(logging.NOTSET)  # as that of the server
        found.logger.error("Error handling request", exc_info=BadHttpMethod("secret"))
    assert caplog.messages == lines
    assert [record.levelname for record in caplog.records] == ["INFO"] * len(lines)
