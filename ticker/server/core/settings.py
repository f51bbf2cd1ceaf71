"""What can be set about the service, with its defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ticker.auth.tokens import TokenVerifier
from ticker.server.middleware.proxy import Network
from ticker.wire.limits import Limits


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
    #: The file of keys, and what tokens are checked with; with neither, nobody is asked who they are.
    keys: Path | None = None
    tokens: TokenVerifier | None = None
    #: Whose word is taken for who really asks.
    proxies: tuple[Network, ...] = ()
    #: The certificate and its key (PEM); with them everything is encrypted.
    tls_cert: Path | None = None
    tls_key: Path | None = None
    #: What the kernel may hold for one client (SO_SNDBUF). Left alone it takes megabytes, and a client that wakes up
    #: would read prices from many seconds ago before it gets new ones.
    send_buffer_bytes: int = 65_536
    #: A client whose machine doesn't acknowledge what was sent for this long is gone (TCP_USER_TIMEOUT).
    dead_after_s: float = 20.0
    #: Whether messages are compressed for clients that offer it (RFC 7692): once for each frame, however many get it.
    compress: bool = False
    #: The folder of what outlives the server: alerts, rooms, webhooks. Without one, all that ends with it.
    state: Path | None = None
    #: Where what fires is sent to as well, and the file of the secret that signs it.
    webhook: str | None = None
    webhook_secret: Path | None = None
