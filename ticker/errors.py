"""The tree of errors, and the two tables that a peer acts on: error codes and close codes.

    TickerError
    ├── ProtocolError       a message that breaks the protocol, with its code
    ├── FeedError           a feed that can't be found, built or read
    │   ├── OptionError     an option of a feed that is missing, unknown or of the wrong form
    │   └── BatchError      a batch that must not reach the board
    ├── KeysError           a file of keys, or of those that sign tokens, that can't be read or changed as asked
    ├── TlsError            a certificate or its key that can't be used
    ├── StateError          a folder or file for what outlives the server that can't be used
    ├── WebhookError        an address, or a file with its secret, that can't be used
    └── StreamError         what the Python client raises
        ├── ConnectError    the server can't be reached (any more), and the policy says to give up
        └── RefusedError    the server refused for good: asking again would be refused again

This module knows no message and no socket. docs/protocol.md prints both tables; a test holds it to them.
"""

from __future__ import annotations

from dataclasses import dataclass


class TickerError(Exception):
    """The root of every error that this package raises on purpose."""


class ProtocolError(TickerError):
    """A message that breaks the protocol. ``code`` is a key of ``ERROR_CODES``."""

    def __init__(self, code: str, message: str, id: int | str | None = None) -> None:  # noqa: A002 - the wire's name
        super().__init__(message)
        self.code = code
        self.message = message
        self.id = id


class FeedError(TickerError):
    """A feed that can't be found, built or read."""


class OptionError(FeedError):
    """An option of a feed that is missing, unknown or of the wrong form; ``option`` names it."""

    def __init__(self, option: str, message: str) -> None:
        super().__init__(message)
        self.option = option


class BatchError(FeedError):
    """A batch that must not reach the board: wrong shapes, a price that is not a positive finite number."""


class KeysError(TickerError):
    """A file of keys, or of those that sign tokens, that can't be read or changed as asked."""


class TlsError(TickerError):
    """A certificate or its key that can't be used."""


class StateError(TickerError):
    """A folder or file for what outlives the server that can't be used."""


class WebhookError(TickerError):
    """An address that webhooks can't go to, or a file with their secret that can't be used."""


class StreamError(TickerError):
    """What the Python client raises."""


class ConnectError(StreamError):
    """The server can't be reached, and the reconnect policy has run out; ``attempts`` counts the tries."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts


class RefusedError(StreamError):
    """The server refused for good; ``code`` is its error code, or ``http-`` and the status."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def install_hint(extra: str) -> str:
    """The shell command that installs the packages of ``extra`` for the running interpreter.

    In a source checkout it installs the checkout with the extra; elsewhere, the packages that the extra requires:
    ``ticker-hub`` is on no package index.
    """
    # Imported here: every client imports this module, and few need these.
    import shlex
    import sys
    from importlib import metadata
    from pathlib import Path

    checkout = Path(__file__).resolve().parents[1]
    if (checkout / "pyproject.toml").is_file():
        packages = ["-e", f"{checkout}[{extra}]"]
    else:
        required = (line.partition(";") for line in metadata.requires("ticker-hub") or ())
        wanted = (f"extra == '{extra}'", f'extra == "{extra}"')
        packages = [package.strip() for package, _, marker in required if marker.strip().endswith(wanted)]
    return shlex.join([sys.executable, "-m", "pip", "install", *packages])


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A row of the table of error codes. ``close`` is the close code that follows, if one does."""

    code: str
    meaning: str
    close: int | None = None


@dataclass(frozen=True, slots=True)
class CloseCode:
    """A row of the table of close codes. ``reconnect`` tells whether the peer may (and should) come back."""

    code: int
    meaning: str
    reconnect: bool


ERROR_CODES: dict[str, ErrorCode] = {
    row.code: row
    for row in (
        ErrorCode("malformed", "The message is not JSON (text frame) or msgpack (binary frame), or not an object."),
        ErrorCode("unknown-op", "There is no such `op`, or none was given."),
        ErrorCode("bad-argument", "A key is missing, or its value has the wrong type; the message names the key."),
        ErrorCode("unknown-channel", "There is no such `channel`."),
        ErrorCode(
            "bad-interval", "`interval` is missing where `channel` is `bars`, or is none that the server offers."
        ),
        ErrorCode("bad-rate", "`rate` is neither 0 nor at least the lowest rate that the server offers."),
        ErrorCode("too-many-symbols", "The watchlist would outgrow `limits.symbols`; it stays as it was."),
        ErrorCode("too-many-messages", "There came more than `limits` allows; this one was not read. Slow down."),
        ErrorCode("bad-condition", "`when` is no condition; the message says what would be."),
        ErrorCode(
            "too-many-alerts",
            "The owner has as many alerts as `limits.alerts` allows, or there are as many, or as many owners, as the "
            "server takes.",
        ),
        ErrorCode("no-alert", "The owner has no alert of that `id`."),
        ErrorCode(
            "no-owner", "`owner` is missing, and the server doesn't know who one is; or it is the connection's ninth."
        ),
        ErrorCode("not-joined", "One is not in that `room`."),
        ErrorCode(
            "too-many-rooms",
            "One is in as many rooms as `limits.rooms` allows, or there are as many as the server takes.",
        ),
        ErrorCode("room-full", "There are as many in the room as `limits.room_members` allows."),
        ErrorCode("too-fast", "There was more said than `limits.says_per_minute` allows; this was not."),
        ErrorCode("no-symbols", "`symbols` is missing in an HTTP request that needs it (status 400)."),
        ErrorCode("unknown-symbol", "There is no such symbol as an alert, or an HTTP request (status 404), names."),
        ErrorCode("no-replay", "`/v1/replay` was asked for, and the feed is no replay (status 404)."),
        ErrorCode("no-stream", "What is posted to an event stream that is not there (any more) (status 404)."),
        ErrorCode("too-large", "The body of an HTTP request is larger than what it may say (status 413)."),
        ErrorCode("json-needed", "The body of an HTTP request does not come as `application/json` (status 415)."),
        ErrorCode("upgrade-required", "`/v1/stream` was asked for without a WebSocket upgrade (status 426)."),
        ErrorCode("bad-handshake", "The WebSocket upgrade is not as RFC 6455 has it (status 400)."),
        ErrorCode(
            "bad-origin",
            "A page of another site may not do this, nor one that calls the server by a name not its own (status 403).",
        ),
        ErrorCode("unauthorized", "No key or token came along, or one that is not (or no longer) good (status 401)."),
        ErrorCode("not-entitled", "The key or token is not for this (status 403)."),
        ErrorCode(
            "login-ends", "A warning: the key or token ends within a minute, and the connection then.", close=4401
        ),
        ErrorCode(
            "too-many-attempts",
            "There came too many wrong keys from this address (status 429). `Retry-After` says when to try again.",
        ),
        ErrorCode(
            "no-memory",
            "The server has as much in memory as it may: no new clients, no large answers (status 503).",
        ),
        ErrorCode(
            "too-many-connections",
            "There are as many as `limits` allows (status 503; from one address or of one key: 429). "
            "`Retry-After` says when to try again.",
        ),
        ErrorCode("stopping", "The server is stopping and takes no new clients (status 503)."),
    )
}

#: Why a symbol stands in `rejected`.
REJECTIONS: dict[str, str] = {
    "unknown-symbol": "The feed does not have it, and says that its list of symbols is complete.",
    "not-entitled": "The client's key or token is not for this symbol, be there such a one or not, or for the channel.",
}

CLOSE_CODES: dict[int, CloseCode] = {
    row.code: row
    for row in (
        CloseCode(1000, "The client closed.", reconnect=False),
        CloseCode(1002, "The client broke the WebSocket protocol.", reconnect=False),
        CloseCode(1007, "A text was not UTF-8, or a compressed message was broken.", reconnect=False),
        CloseCode(1009, "A message was larger than `limits.message_bytes`.", reconnect=False),
        CloseCode(1011, "The server failed on this connection; its log tells why.", reconnect=True),
        CloseCode(1012, "The server restarts or stops.", reconnect=True),
        CloseCode(4401, "The key or token has ended or was revoked: log in again.", reconnect=True),
        CloseCode(4408, "The client took nothing for `limits.slow_seconds`.", reconnect=True),
        CloseCode(4409, "The client watched nothing, and said nothing, for `limits.idle_seconds`.", reconnect=True),
        CloseCode(4429, "The client went on sending more than `limits` allows.", reconnect=True),
    )
}
