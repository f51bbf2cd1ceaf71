"""Which pages may change something on the server."""

from __future__ import annotations

import pytest

from ticker.server.middleware.origin import is_allowed_origin


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "ticker.example"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("https://Ticker.example", "ticker.example"),
        ("https://ticker.example", "ticker.example:443"),
        ("https://known.example", "ticker.example"),
    ],
)
def test_own_and_allowed_origins_are_accepted(origin: str | None, host: str) -> None:
    assert is_allowed_origin(origin, host, {"https://known.example"})


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://evil.example", "ticker.example"),
        ("http://127.0.0.1:8001", "127.0.0.1:8000"),
        ("http://ticker.example.evil.example", "ticker.example"),
        ("http://known.example", "ticker.example"),
        ("https://known.example.evil.example", "ticker.example"),
        ("null", "ticker.example"),
        ("", "ticker.example"),
        ("file://", "ticker.example"),
        ("http://[broken", "ticker.example"),
        ("http://ticker.example:99999", "ticker.example"),
        ("http://", ""),
    ],
)
def test_other_origins_are_refused_unless_any_is_allowed(origin: str, host: str) -> None:
    assert not is_allowed_origin(origin, host, {"https://known.example"})
    assert is_allowed_origin(origin, host, {"*"})


def test_a_page_loaded_without_tls_may_not_change_a_server_with_tls() -> None:
    """An attacker on the network may have written it."""
    assert is_allowed_origin("https://ticker.example", "ticker.example", (), secure=True)
    assert is_allowed_origin(None, "ticker.example", (), secure=True)
    assert not is_allowed_origin("http://ticker.example", "ticker.example", (), secure=True)
    assert is_allowed_origin("http://ticker.example", "ticker.example", {"http://ticker.example"}, secure=True)
