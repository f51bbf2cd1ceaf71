"""The definitions of limits."""

from __future__ import annotations

import msgspec
import pytest

from ticker.wire.codec import JsonCodec
from ticker.wire.limits import LIMITS, Limits
from ticker.wire.messages import Welcome


def test_every_field_is_defined() -> None:
    """With a description and a unique option, if it has one."""
    assert list(LIMITS) == list(Limits.__struct_fields__)
    assert all(limit.meaning and limit.exceeded for limit in LIMITS.values())
    options = [limit.option for limit in LIMITS.values() if limit.option]
    assert len(options) == len(set(options)) == len(LIMITS) - 2


@pytest.mark.parametrize("name", [name for name, limit in LIMITS.items() if limit.option])
def test_a_default_is_in_the_options_range(name: str) -> None:
    limit, default = LIMITS[name], getattr(Limits(), name) / LIMITS[name].factor
    assert limit.least <= default <= (limit.most or default)


def test_clients_accept_limits_beyond_the_options_ranges() -> None:
    """Another version of the server may have other ranges."""
    limits = msgspec.structs.replace(Limits(), alerts=10**6, symbols=0)
    welcome = Welcome(server="s", protocol=1, epoch="e", heartbeat=1.0, limits=limits)
    codec = JsonCodec()
    assert codec.decode_server(codec.encode(welcome)) == welcome
