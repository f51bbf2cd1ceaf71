"""The base address of a server."""

from __future__ import annotations

import pytest

from ticker.wire.addresses import base_path


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("", ""),
        ("/", ""),
        ("/v1/stream", ""),
        ("/v1/stream/", ""),
        ("/eu", "/eu"),
        ("/eu/", "/eu"),
        ("/eu/v1/stream", "/eu"),
        ("/eu/v1/events", "/eu"),
        ("/eu/v1/poll/", "/eu"),
        ("/stream", "/stream"),
        ("/v1", "/v1"),
        ("/xv1/stream", "/xv1/stream"),
    ],
)
def test_any_path_is_a_base_unless_it_ends_in_an_endpoint(path: str, base: str) -> None:
    assert base_path(path) == base
