"""The server's limits, each defined once: field, default, option of ``ticker serve``, range and description.

``ticker.cli.server_options`` makes the options of these definitions, ``welcome.limits`` tells clients the values, and
`make docs` writes the table in docs/protocol.md. A new limit is one field here, and the code that enforces it.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Final, get_type_hints

import msgspec

#: Trades, and quotes, kept for slow consumers without `--ring-ticks`. Not a limit of clients, so not in ``welcome``.
RING_TICKS: Final = 65_536


@dataclasses.dataclass(frozen=True, slots=True)
class Limit:
    """How a field of ``Limits`` is set and described.

    ``meaning``       what is limited, in one line; also the option's help
    ``exceeded``      what the server does when the limit is exceeded
    ``least, most``   the option's range; no maximum if ``most`` is None. Clients accept any value from a server.
    ``option``        the option of `ticker serve`, if it is not ``--max-`` and the field's name; empty: there is none
    ``metavar``       the option's unit
    ``factor``        one of the option's unit in the field's unit
    ``default``       the default of `ticker serve` in words, if it is not the field's default
    """

    meaning: str
    exceeded: str
    least: int = 1
    most: int | None = None
    option: str | None = None
    metavar: str = "N"
    factor: int = 1
    default: str | None = None

    @property
    def range(self) -> str:
        """The option's range and default in words: ``64 or more MiB (default: half of the RAM)``."""
        span = f"{self.least} or more" if self.most is None else f"{self.least} to {self.most}"
        unit = {"MIB": " MiB", "SECONDS": " s", "DAYS": " days"}.get(self.metavar, "")
        return span + unit + (f" (default: {self.default})" if self.default else "")


def _seconds(meaning: str, exceeded: str, option: str) -> Limit:
    return Limit(meaning, exceeded, option=option, metavar="SECONDS")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits that the server applies to each client, key, address or to itself. Sent in ``welcome``."""

    symbols: Annotated[
        int, Limit("Symbols per client and channel.", "Error `too-many-symbols`. `*` counts as one symbol.")
    ] = 10_000
    message_bytes: Annotated[int, Limit("Size of a message from a client, in bytes.", "Close 1009.", 1_024)] = 65_536
    depth: Annotated[int, Limit("Nesting depth of a message from a client.", "Error `bad-argument`.", 2, 256)] = 32
    # The Python client accepts frames of up to twice the default.
    frame_bytes: Annotated[
        int, Limit("Size of a frame to a client, in bytes.", "Larger snapshots are split.", 16_384, 2**21)
    ] = 1_048_576
    messages_per_second: Annotated[
        int,
        Limit(
            "Sustained messages per second from a client.",
            "Each ping, and each 4 KiB of a message or its answer, counts as 1.",
        ),
    ] = 100
    messages_at_once: Annotated[
        int, Limit("Burst of messages (10 s' worth).", "Error `too-many-messages`; at twice, close 4429.", option="")
    ] = 1_000
    total_per_second: Annotated[
        int,
        Limit(
            "Messages per second of a key or address.",
            "HTTP requests count, too: status 429. In bursts 10 s' worth.",
        ),
    ] = 5_000
    connects_per_minute: Annotated[
        int,
        Limit("Connects per minute of a key or address.", "Status 429. Localhost is not limited."),
    ] = 600
    slow_seconds: Annotated[
        int, _seconds("Time that sent data may stay unread by a client.", "Close 4408.", "--slow-timeout")
    ] = 30
    idle_seconds: Annotated[
        int, _seconds("Time without a message or a subscription.", "Close 4409.", "--idle-timeout")
    ] = 300
    connections: Annotated[int, Limit("Connections in total.", "Status 503.")] = 20_000
    connections_per_address: Annotated[
        int, Limit("Connections per IP address (IPv6: per /64).", "Status 429. Localhost is not limited.")
    ] = 1_000
    connections_per_key: Annotated[
        int, Limit("Connections per key or token subject.", "Status 429. A key or token may set another limit.")
    ] = 1_000
    attempts_per_minute: Annotated[
        int, Limit("Failed logins per minute and IP address.", "Status 429. Every failure is answered late.")
    ] = 10
    header_bytes: Annotated[int, Limit("Size of a request line or header, in bytes.", "Status 400.", 1_024)] = 8_190
    handshake_seconds: Annotated[
        int, _seconds("Time for a request's head and body, or for TLS.", "Connection closed.", "--handshake-timeout")
    ] = 10
    memory_bytes: Annotated[
        int, Limit("Memory of the server.", "Status 503.", 64, None, "--max-memory", "MIB", 2**20, "half of the RAM")
    ] = 4_294_967_296
    alerts: Annotated[int, Limit("Alerts per owner; 0 disables alerts.", "Error `too-many-alerts`.", 0, 10_000)] = 200
    alerts_per_address: Annotated[
        int,
        Limit(
            "Alerts per address, without authentication.",
            "Error `too-many-alerts`. Localhost is not limited.",
        ),
    ] = 1_000
    alert_days: Annotated[
        int,
        Limit(
            "Time until alerts of an absent owner expire.",
            "They are removed, except those of valid keys. Only the server's running time counts.",
            1,
            3_650,
            "--alert-expiry",
            "DAYS",
        ),
    ] = 30
    rooms: Annotated[int, Limit("Rooms per client; 0 disables chat.", "Error `too-many-rooms`.", 0, 1_000)] = 20
    rooms_per_address: Annotated[
        int,
        Limit(
            "Rooms created by an address or key.",
            "Its oldest empty room is deleted, else error `too-many-rooms`. Localhost is not limited.",
        ),
    ] = 50
    room_members: Annotated[int, Limit("Clients per room.", "Error `room-full`.")] = 500
    room_members_per_address: Annotated[
        int,
        Limit("Clients per room and address or key.", "Error `room-full`. Localhost is not limited."),
    ] = 100
    text_chars: Annotated[
        int, Limit("Characters in a chat message or notice.", "Error `bad-argument` (HTTP: 400).", 1, 10_000)
    ] = 2_000
    says_per_minute: Annotated[
        int, Limit("Chat messages per minute and client.", "Error `too-fast`. A third is allowed in a burst.")
    ] = 30
    intervals: Annotated[
        int,
        Limit(
            "Folded intervals of bars per client.",
            "Error `too-many-intervals`.", 0, 100,
        ),
    ] = 8  # fmt: skip
    intervals_per_address: Annotated[
        int,
        Limit(
            "Folded intervals per address or key.",
            "Error `too-many-intervals`. Localhost is not limited.", 0, 100,
        ),
    ] = 8  # fmt: skip
    server_intervals: Annotated[
        int, Limit("Folded intervals of all clients.", "Error `too-many-intervals`.", 0, 100)
    ] = 32
    rates: Annotated[
        tuple[float, ...],
        Limit("Update rates offered, in Hz; 0 is unlimited.", "A rate is rounded down to one of these.", option=""),
    ] = (0, 0.5, 1, 2, 5, 10, 20, 60)


def _defined(name: str, hint: Any) -> Limit:
    limit: Limit = hint.__metadata__[0]
    option = "--max-" + name.replace("_", "-") if limit.option is None else limit.option
    return dataclasses.replace(limit, option=option)


#: The definition of each field, in the order of the fields; ``option`` is never None.
LIMITS = {
    name: _defined(name, hint)
    for name, hint in get_type_hints(Limits, include_extras=True).items()
    if name in Limits.__struct_fields__
}
