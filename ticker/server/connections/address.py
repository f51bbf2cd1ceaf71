"""What counts as one place that clients come from, for the limits of an address."""

from __future__ import annotations

import ipaddress
from typing import Final

#: RFC 6177: whoever has IPv6 has at least so many leading bits to himself, and any address behind them.
_PREFIX: Final = 64


def source(address: str) -> str:
    """The address; of IPv6 its /64, but where these are neighbours' (link-local), or an address of IPv4 in disguise."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address) or found.is_link_local:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), _PREFIX), strict=False))
