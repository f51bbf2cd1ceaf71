"""Who may come in, and which pages may."""

from __future__ import annotations

import pytest

from ticker.auth.entitlements import Entitlements
from ticker.auth.identity import Identity
from ticker.server.connections.admission import Door, Refusal
from ticker.server.core.localhost import is_own
from ticker.server.middleware.origin import is_welcome
from ticker.wire.limits import Limits


def test_so_many_in_all() -> None:
    door = Door(Limits(connections=2))
    door.enter("127.0.0.1")
    door.enter(None)
    with pytest.raises(Refusal) as caught:
        door.enter("127.0.0.1")
    assert (caught.value.status, caught.value.code) == (503, "too-many-connections")
    door.leave(None)
    door.enter("203.0.113.7")


def test_so_many_from_one_address_but_this_machines_own() -> None:
    door = Door(Limits(connections=100, connections_per_address=2))
    for _ in range(2):
        door.enter("203.0.113.7")
    with pytest.raises(Refusal) as caught:
        door.enter("203.0.113.7")
    assert caught.value.status == 429
    assert "2 connections" in str(caught.value)
    door.enter("203.0.113.8")
    for own in ("127.0.0.1", "::1", "127.8.8.8"):
        for _ in range(3):
            door.enter(own)
    door.leave("203.0.113.7")
    door.enter("203.0.113.7")
    for _ in range(2):
        door.leave("203.0.113.7")
    assert ("address", "203.0.113.7") not in door._by


def test_a_64_of_ipv6_is_one_address() -> None:
    """Whoever has one has all of it; neighbours on one link, and IPv4, are as many as they are."""
    door = Door(Limits(connections_per_address=2))
    door.enter("2001:db8::1")
    door.enter("2001:db8::ffff:1:2:3")
    with pytest.raises(Refusal):
        door.enter("2001:db8:0:0:7::")
    door.enter("2001:db8:0:1::1")
    door.leave("2001:db8::1")
    door.enter("2001:db8::2")
    for address in ("fe80::1%eth0", "fe80::2%eth0", "::ffff:203.0.113.7", "::ffff:203.0.113.8", "no address"):
        door.enter(address)
        door.enter(address)
    with pytest.raises(Refusal):
        door.enter("203.0.113.7")


def test_so_many_of_one_key_that_says_no_other_number() -> None:
    door = Door(Limits(connections_per_key=2))
    for name, may, most in (("desk", Entitlements(), 2), ("more", Entitlements(connections=3), 3)):
        who = Identity(name=name, may=may)
        for _ in range(most):
            door.enter("127.0.0.1", who)
        with pytest.raises(Refusal, match=f"{most} connections from your key") as caught:
            door.enter("203.0.113.7", who)
        assert caught.value.status == 429
    for _ in range(3):
        door.enter("127.0.0.1")  # nobody was asked


def test_a_key_and_a_token_of_one_name_are_counted_apart() -> None:
    door = Door(Limits(connections_per_key=1))
    key, token = (Identity(name="desk", may=Entitlements(), key_id=id_) for id_ in ("1", None))
    door.enter("127.0.0.1", key)
    door.enter("127.0.0.1", token)
    for who in (key, token):
        with pytest.raises(Refusal):
            door.enter("127.0.0.1", who)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.1.2.3", "localhost", "::1%lo"])
def test_this_machines_own(address: str) -> None:
    assert is_own(address)


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "::", "", "192.168.1.1", "ticker.example", "127.0.0.1.example", "fe80::1%eth0"]
)
def test_not_this_machines_own(address: str) -> None:
    assert not is_own(address)


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
def test_a_page_that_may(origin: str | None, host: str) -> None:
    assert is_welcome(origin, host, {"https://known.example"})


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
def test_a_page_that_may_not(origin: str, host: str) -> None:
    assert not is_welcome(origin, host, {"https://known.example"})
    assert is_welcome(origin, host, {"*"})


def test_a_page_that_came_without_tls_may_do_nothing_to_a_server_with_it() -> None:
    """Whoever is on the way may have written it."""
    assert is_welcome("https://ticker.example", "ticker.example", (), secure=True)
    assert is_welcome(None, "ticker.example", (), secure=True)
    assert not is_welcome("http://ticker.example", "ticker.example", (), secure=True)
    assert is_welcome("http://ticker.example", "ticker.example", {"http://ticker.example"}, secure=True)
