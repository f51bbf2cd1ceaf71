"""The protocol's tables: error codes, close codes, and the reasons for rejected symbols.

A new code is a row here. `make docs` writes the tables into docs/protocol.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """An error code. ``close`` is the close code with which the connection then ends, if it does."""

    code: str
    meaning: str
    close: int | None = None


@dataclass(frozen=True, slots=True)
class CloseCode:
    """A close code. ``reconnect``: whether the client should reconnect."""

    code: int
    meaning: str
    reconnect: bool


ERROR_CODES: dict[str, ErrorCode] = {
    row.code: row
    for row in (
        ErrorCode("malformed", "The message is not a JSON object (text frame) or msgpack map (binary frame)."),
        ErrorCode("unknown-op", "`op` is missing or unknown."),
        ErrorCode("bad-argument", "A key is missing, or its value is invalid; the message names the key."),
        ErrorCode("unknown-channel", "`channel` is unknown."),
        ErrorCode("bad-interval", "`interval` is missing on the channel `bars`, or there is no such interval."),
        ErrorCode("bad-rate", "`rate` is neither 0 nor at least the lowest rate in `limits.rates`."),
        ErrorCode("too-many-symbols", "The watchlist would exceed `limits.symbols`; it is unchanged."),
        ErrorCode(
            "too-many-intervals",
            "The client uses `limits.intervals` intervals that are not kept, or all clients `limits.server_intervals`.",
        ),
        ErrorCode("too-many-messages", "Rate limit exceeded (`limits.messages_at_once`); the message was not read."),
        ErrorCode("bad-condition", "`when` is not a valid condition; the message says what is expected."),
        ErrorCode(
            "too-many-alerts",
            "The owner has `limits.alerts` alerts, its address `limits.alerts_per_address`, or the server its maximum.",
        ),
        ErrorCode("no-alert", "The owner has no alert with this `id`."),
        ErrorCode("no-owner", "`owner` is required without authentication; or the connection already uses 8 owners."),
        ErrorCode("not-joined", "The client is not in this `room`."),
        ErrorCode(
            "too-many-rooms",
            "The client is in `limits.rooms` rooms, its address or key has created `limits.rooms_per_address`, or the"
            " server has its maximum.",
        ),
        ErrorCode(
            "room-full",
            "The room has `limits.room_members` members, or `limits.room_members_per_address` of the address or key.",
        ),
        ErrorCode("too-fast", "Rate limit exceeded (`limits.says_per_minute`); the text was not sent."),
        ErrorCode("bad-request", "The request is not valid HTTP (status 400), or its `Expect` is unknown (417)."),
        ErrorCode("unknown-path", "There is nothing at this path (status 404)."),
        ErrorCode("unknown-method", "The path does not have this method; `Allow` lists its methods (status 405)."),
        ErrorCode("internal", "An internal error; the server's log has the details (status 500)."),
        ErrorCode("no-symbols", "The HTTP request needs `symbols` (status 400)."),
        ErrorCode("unknown-symbol", "The feed has no such symbol (status 404)."),
        ErrorCode("no-replay", "The feed is not a replay (status 404)."),
        ErrorCode("no-stream", "The event stream does not exist, or has ended (status 404)."),
        ErrorCode("too-large", "The request's body is too large (status 413)."),
        ErrorCode("json-needed", "The request's `Content-Type` must be `application/json` (status 415)."),
        ErrorCode("upgrade-required", "`/v1/stream` needs a WebSocket upgrade (status 426)."),
        ErrorCode("bad-handshake", "The WebSocket handshake violates RFC 6455 (status 400)."),
        ErrorCode("bad-origin", "The page's origin is not allowed, or the `Host` is not the server's (status 403)."),
        ErrorCode("unauthorized", "The key or token is missing, invalid, expired or revoked (status 401)."),
        ErrorCode("not-entitled", "The key or token does not permit this (status 403)."),
        ErrorCode(
            "login-ends", "A warning: the key or token expires, and the connection ends, within a minute.", close=4401
        ),
        ErrorCode("too-many-attempts", "Too many failed logins from this address (status 429, with `Retry-After`)."),
        ErrorCode("no-memory", "The server uses `limits.memory_bytes`: no new clients, no large answers (status 503)."),
        ErrorCode(
            "too-many-connections",
            "The server has `limits.connections` connections (status 503), or the address or key has its maximum "
            "(status 429); with `Retry-After`.",
        ),
        ErrorCode(
            "over-budget",
            "The key or address has used up its budget of messages, requests or connects (status 429, with "
            "`Retry-After`).",
        ),
        ErrorCode("stopping", "The server is stopping (status 503)."),
    )
}

#: The reasons for which a symbol is listed in `rejected`.
REJECTIONS: dict[str, str] = {
    "unknown-symbol": "The feed has no such symbol, and its list of symbols is complete.",
    "not-entitled": "The key or token does not permit the symbol, whether or not it exists, or the channel.",
}

CLOSE_CODES: dict[int, CloseCode] = {
    row.code: row
    for row in (
        CloseCode(1000, "The client closed the connection.", reconnect=False),
        CloseCode(1002, "The client violated the WebSocket protocol.", reconnect=False),
        CloseCode(1007, "A text frame is not UTF-8, or a compressed message is corrupt.", reconnect=False),
        CloseCode(1009, "A message exceeds `limits.message_bytes`.", reconnect=False),
        CloseCode(1011, "Internal error; the server's log has the details.", reconnect=True),
        CloseCode(1012, "The server is restarting or stopping.", reconnect=True),
        CloseCode(
            4401,
            "The key or token has expired or was revoked, or the session was logged out: log in again.",
            reconnect=True,
        ),
        CloseCode(4408, "Slow consumer: the client did not read for `limits.slow_seconds`.", reconnect=True),
        CloseCode(4409, "Idle: no subscription and no message for `limits.idle_seconds`.", reconnect=True),
        CloseCode(4429, "The client kept exceeding its budget of messages.", reconnect=True),
    )
}
