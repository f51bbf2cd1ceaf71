"""The server's limits. Each is defined here once: field, default, option of ``ticker serve``, range and description.

``ticker.cli.server_options`` makes the options of these definitions, ``welcome.limits`` tells clients the values, and
`make docs` writes the table in docs/protocol.md. A new limit is one field here, and the code that enforces it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, get_type_hints

import msgspec


@dataclass(frozen=True, slots=True)
class Limit:
    """How a field of ``Limits`` is set and described.

    ``meaning``       what is limited, in one line; the option's help, too
    ``exceeded``      what the server does beyond the limit
    ``option``        the option of `ticker serve`; None if there is none
    ``metavar``       the unit that the option takes
    ``factor``        what one of that unit is in the field's unit
    ``least``         the option's range; clients accept any value from a server
    ``most``          None: no maximum
    ``default``       what `ticker serve` uses instead of the field's default, in words; None: the field's default
    """

    meaning: str
    exceeded: str
    option: str | None = None
    metavar: str = "N"
    factor: int = 1
    least: int = 1
    most: int | None = None
    default: str | None = None

    @property
    def range(self) -> str:
        """The option's range and default in words: ``64 or more MiB (default: half of the RAM)``."""
        span = f"{self.least} or more" if self.most is None else f"{self.least} to {self.most}"
        unit = {"MIB": " MiB", "SECONDS": " s"}.get(self.metavar, "")
        return span + unit + (f" (default: {self.default})" if self.default else "")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits that the server applies to each client, key, address or to itself. Sent in ``welcome``."""

    symbols: Annotated[
        int,
        Limit(
            "Symbols per client and channel.",
            "Error `too-many-symbols`; the watchlist is unchanged. `*` counts as one symbol.",
            "--max-symbols",
        ),
    ] = 10_000
    message_bytes: Annotated[
        int,
        Limit("Size of a message from a client, in bytes.", "Close 1009.", "--max-message-bytes", least=1_024),
    ] = 65_536
    depth: Annotated[
        int,
        Limit("Nesting depth of a message from a client.", "Error `bad-argument`.", "--max-depth", least=2, most=256),
    ] = 32
    frame_bytes: Annotated[
        int,
        # The Python client accepts frames of twice the default.
        Limit(
            "Size of a frame to a client, in bytes.",
            "Larger snapshots are split.",
            "--max-frame-bytes",
            least=16_384,
            most=2**21,
        ),
    ] = 1_048_576
    messages_per_second: Annotated[
        int,
        Limit(
            "Sustained messages per second from a client.",
            "See `messages_at_once`. WebSocket pings count; each 4 KiB of a message counts as another message.",
            "--max-messages-per-second",
        ),
    ] = 100
    messages_at_once: Annotated[
        int,
        Limit(
            "Burst of messages from a client: 10 seconds' worth.",
            "Error `too-many-messages`; at twice the burst, close 4429.",
        ),
    ] = 1_000
    slow_seconds: Annotated[
        int, Limit("Time that sent data may stay unread by a client.", "Close 4408.", "--slow-timeout", "SECONDS")
    ] = 30
    idle_seconds: Annotated[
        int, Limit("Time without a message or a subscription.", "Close 4409.", "--idle-timeout", "SECONDS")
    ] = 300
    connections: Annotated[int, Limit("Connections in total.", "Status 503.", "--max-connections")] = 20_000
    connections_per_address: Annotated[
        int,
        Limit(
            "Connections per IP address (IPv6: per /64).",
            "Status 429. Connections from localhost are not counted.",
            "--max-connections-per-address",
        ),
    ] = 1_000
    connections_per_key: Annotated[
        int,
        Limit(
            "Connections per key or token subject.",
            "Status 429. `ticker keys add --connections` and a token's claims override it.",
            "--max-connections-per-key",
        ),
    ] = 1_000
    attempts_per_minute: Annotated[
        int,
        Limit(
            "Failed logins per minute and IP address.",
            "Status 429. The same number is allowed in a burst; every failure is answered late.",
            "--max-attempts-per-minute",
        ),
    ] = 10
    header_bytes: Annotated[
        int,
        Limit("Size of a request line or header, in bytes.", "Status 400.", "--max-header-bytes", least=1_024),
    ] = 8_190
    handshake_seconds: Annotated[
        int,
        Limit(
            "Time for a request's head and body, or for TLS.",
            "The connection is closed.",
            "--handshake-timeout",
            "SECONDS",
        ),
    ] = 10
    memory_bytes: Annotated[
        int,
        Limit(
            "Memory of the server process.",
            "Status 503 for new connections and large answers.",
            "--max-memory",
            "MIB",
            factor=2**20,
            least=64,
            default="half of the RAM",
        ),
    ] = 4_294_967_296
    alerts: Annotated[
        int,
        Limit("Alerts per owner; 0 disables alerts.", "Error `too-many-alerts`.", "--max-alerts", least=0, most=10_000),
    ] = 200
    rooms: Annotated[
        int,
        Limit("Rooms per client; 0 disables chat.", "Error `too-many-rooms`.", "--max-rooms", least=0, most=1_000),
    ] = 20
    room_members: Annotated[int, Limit("Clients per room.", "Error `room-full`.", "--max-room-members")] = 500
    text_chars: Annotated[
        int,
        Limit(
            "Characters in a chat message or notice.",
            "Error `bad-argument`; for a notice, status 400.",
            "--max-text-chars",
            most=10_000,
        ),
    ] = 2_000
    says_per_minute: Annotated[
        int,
        Limit(
            "Chat messages per minute and client.",
            "Error `too-fast`. A third of the number is allowed in a burst.",
            "--max-says-per-minute",
        ),
    ] = 30
    rates: Annotated[
        tuple[float, ...],
        Limit(
            "Update rates offered, in Hz; 0 sends every update at once.",
            "A requested rate is rounded down to one of these.",
        ),
    ] = (0, 0.5, 1, 2, 5, 10, 20, 60)


#: The definition of each field, in the order of the fields.
LIMITS: dict[str, Limit] = {
    name: hint.__metadata__[0]
    for name, hint in get_type_hints(Limits, include_extras=True).items()
    if name in Limits.__struct_fields__
}
