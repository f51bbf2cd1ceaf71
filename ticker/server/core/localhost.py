"""Whether somebody asks from this very machine, whose owner may do anything where nobody is asked who they are."""

from __future__ import annotations

import ipaddress

from aiohttp import hdrs, web

from ticker.auth.identity import ANYONE, identity


def is_own(address: str) -> bool:
    """Whether an address is this machine's own. Anything that isn't an address is not, except ``localhost``."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return address == "localhost"


def is_owner(request: web.Request) -> bool:
    """Whether an admin asks; or, where nobody is asked who they are, this machine, and no proxy for somebody else."""
    who = identity(request)
    if who is not ANYONE:
        return who.may.admin
    handed_on = hdrs.X_FORWARDED_FOR in request.headers or hdrs.FORWARDED in request.headers
    return is_own(request.remote or "") and not handed_on
