"""IP addresses: loopback, and the unit that address limits apply to."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: RFC 6177: an IPv6 site gets at least a /64 and may use any address in it.
_SITE_PREFIX: Final = 64
#: Addresses whose parsing is remembered: it is asked several times per request.
_REMEMBERED: Final = 4_096


@lru_cache(_REMEMBERED)
def is_loopback(address: str) -> bool:
    """Whether an address, or the name ``localhost``, is this machine."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address == "localhost"
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def share_of(address: str | None) -> str:
    """What an address's shares of common resources are counted by. Empty: localhost, which is exempt."""
    return "" if address is None or is_loopback(address) else limit_key(address)


@lru_cache(_REMEMBERED)
def limit_key(address: str) -> str:
    """What address limits count by: an IPv6 address's /64, otherwise the address.

    Link-local addresses count one by one, because they belong to different neighbours. IPv4-mapped ones count as IPv4.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address) or parsed.is_link_local:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), _SITE_PREFIX), strict=False))
