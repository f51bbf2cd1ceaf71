"""Admission limits: connections in total, per address and per key."""

from __future__ import annotations

import pytest

from ticker.auth.entitlements import Entitlements
from ticker.auth.identity import Identity
from ticker.server.connections.admission import Admission
from ticker.server.core.responses import HttpError
from ticker.wire.limits import Limits


def test_the_total_is_limited() -> None:
    admission = Admission(Limits(connections=2))
    admission.enter("127.0.0.1")
    admission.enter(None)
    with pytest.raises(HttpError) as caught:
        admission.enter("127.0.0.1")
    assert (caught.value.status, caught.value.code) == (503, "too-many-connections")
    admission.leave(None)
    admission.enter("203.0.113.7")


def test_connections_of_an_address_are_limited_except_on_loopback() -> None:
    admission = Admission(Limits(connections=100, connections_per_address=2))
    for _ in range(2):
        admission.enter("203.0.113.7")
    with pytest.raises(HttpError) as caught:
        admission.enter("203.0.113.7")
    assert caught.value.status == 429
    assert "2 connections" in str(caught.value)
    admission.enter("203.0.113.8")
    for loopback in ("127.0.0.1", "::1", "127.8.8.8"):
        for _ in range(3):
            admission.enter(loopback)
    admission.leave("203.0.113.7")
    admission.enter("203.0.113.7")
    for _ in range(2):
        admission.leave("203.0.113.7")
    for _ in range(2):
        admission.enter("203.0.113.7")


def test_addresses_of_an_ipv6_64_count_as_one() -> None:
    """Link-local addresses and IPv4 count one by one."""
    admission = Admission(Limits(connections_per_address=2))
    admission.enter("2001:db8::1")
    admission.enter("2001:db8::ffff:1:2:3")
    with pytest.raises(HttpError):
        admission.enter("2001:db8:0:0:7::")
    admission.enter("2001:db8:0:1::1")
    admission.leave("2001:db8::1")
    admission.enter("2001:db8::2")
    for address in ("fe80::1%eth0", "fe80::2%eth0", "::ffff:203.0.113.7", "::ffff:203.0.113.8", "no address"):
        admission.enter(address)
        admission.enter(address)
    with pytest.raises(HttpError):
        admission.enter("203.0.113.7")


def test_connections_of_a_key_are_limited_by_its_entitlements_or_by_the_limits() -> None:
    admission = Admission(Limits(connections_per_key=2))
    for name, may, maximum in (("desk", Entitlements(), 2), ("more", Entitlements(connections=3), 3)):
        identity = Identity(name=name, may=may)
        for _ in range(maximum):
            admission.enter("127.0.0.1", identity)
        with pytest.raises(HttpError, match=f"key has {maximum} connections") as caught:
            admission.enter("203.0.113.7", identity)
        assert caught.value.status == 429
    for _ in range(3):
        admission.enter("127.0.0.1")  # without authentication


def test_a_key_and_a_token_of_the_same_name_count_separately() -> None:
    admission = Admission(Limits(connections_per_key=1))
    key, token = (Identity(name="desk", may=Entitlements(), key_id=id_) for id_ in ("1", None))
    admission.enter("127.0.0.1", key)
    admission.enter("127.0.0.1", token)
    for identity in (key, token):
        with pytest.raises(HttpError):
            admission.enter("127.0.0.1", identity)
