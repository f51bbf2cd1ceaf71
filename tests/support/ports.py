"""Ports for servers that a test starts again at the same address."""

from __future__ import annotations

import random
import socket
from pathlib import Path

#: The ports that Linux gives to programs that ask for any (ip(7)).
_GIVEN = Path("/proc/sys/net/ipv4/ip_local_port_range")


def own_port() -> int:
    """A free port that the system gives to no other program, also while no server listens on it.

    A port of `bind` to 0 may be another test's as soon as its server has stopped.
    """
    first_given = int(_GIVEN.read_text().split()[0]) if _GIVEN.exists() else 32_768
    # Tests in other processes must choose other ports, so the seed of the tests is not used.
    rng = random.SystemRandom()
    while True:
        port = rng.randrange(10_000, max(first_given, 20_000))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
