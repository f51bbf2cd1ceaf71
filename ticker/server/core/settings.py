"""The server's settings, with their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ticker.auth.tokens import TokenVerifier
from ticker.server.core.address import Network
from ticker.wire.limits import RING_TICKS, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    #: Port 0 takes any free port.
    host: str = "127.0.0.1"
    port: int = 8000
    heartbeat_s: float = 10.0
    #: How old a closed bar may be that late trades, cancellations and corrections still revise.
    late_ns: int = 60 * 10**9
    limits: Limits = field(default_factory=Limits)
    #: The number of trades, and of quotes, kept for clients that are behind.
    ring_ticks: int = RING_TICKS
    #: Origins of pages that may connect besides the server's own: ``https://prices.example``; ``*`` allows all.
    allowed_origins: frozenset[str] = frozenset()
    #: The key file, and what verifies tokens. Without either, authentication is disabled.
    keys: Path | None = None
    tokens: TokenVerifier | None = None
    #: Proxies whose ``X-Forwarded-*`` headers are trusted.
    proxies: tuple[Network, ...] = ()
    #: The certificate and its key (PEM); with them the server uses TLS.
    tls_cert: Path | None = None
    tls_key: Path | None = None
    #: SO_SNDBUF of each connection. The kernel's default is megabytes: a client that resumes reading would first get
    #: prices that are many seconds old.
    send_buffer_bytes: int = 65_536
    #: TCP_USER_TIMEOUT: a connection is closed when sent data is not acknowledged for this long.
    dead_after_s: float = 20.0
    #: How long clients may take to answer the close when the server stops. Connections still open then are cut.
    stop_clients_s: float = 0.75
    #: Compress messages for clients that offer it (RFC 7692); each frame is compressed once for all its receivers.
    compress: bool = False
    #: The folder for alerts, rooms and webhooks. None: they are kept in memory only.
    state: Path | None = None
    #: The address that fired alerts are posted to, and the file with the secret that signs them.
    webhook: str | None = None
    webhook_secret: Path | None = None
