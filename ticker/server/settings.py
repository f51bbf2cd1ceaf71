"""What can be set about the service, with its defaults."""

from __future__ import annotations

from dataclasses import dataclass, field

from ticker.messages import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """``port`` 0 takes any that is free. ``ring_ticks`` is how many trades, and how many quotes, are kept."""

    host: str = "127.0.0.1"
    port: int = 8000
    heartbeat_s: float = 10.0
    limits: Limits = field(default_factory=Limits)
    ring_ticks: int = 65_536
    #: Origins of pages that may connect besides the server's own, as ``https://prices.example``; ``*``: all.
    allowed_origins: frozenset[str] = frozenset()
    #: What the kernel may hold for one client (SO_SNDBUF). Left alone it takes megabytes, and a client that wakes up
    #: would read prices from many seconds ago before it gets new ones.
    send_buffer_bytes: int = 65_536
    #: How long a client may take to send a request's head, and keep a connection on which it asks for nothing.
    request_s: float = 10.0
    #: A client whose machine doesn't acknowledge what was sent for this long is gone (TCP_USER_TIMEOUT).
    dead_after_s: float = 20.0
