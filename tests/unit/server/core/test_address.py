"""IP addresses: loopback."""

from __future__ import annotations

import pytest

from ticker.server.core.address import is_loopback


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.1.2.3", "localhost", "::1%lo", "::ffff:127.0.0.1"])
def test_loopback(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "::", "", "192.168.1.1", "ticker.example", "127.0.0.1.example", "fe80::1%eth0"]
)
def test_not_loopback(address: str) -> None:
    assert not is_loopback(address)
