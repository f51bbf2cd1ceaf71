"""The tree of errors. The protocol's error codes and close codes are in ``ticker.wire.codes``.

TickerError
├── ProtocolError       a message violates the protocol; has an error code
├── FeedError           a feed can't be found, built or read
│   ├── OptionError     an option of a feed is missing, unknown or invalid
│   └── BatchError      a batch of ticks is invalid
├── KeysError           a key file, or a key that verifies tokens, can't be read or changed
├── TlsError            a certificate or its key can't be used
├── StateError          the folder or file of the server's state can't be used
├── WebhookError        the address of webhooks, or the file with their secret, can't be used
└── StreamError         raised by the Python client
    ├── ConnectError    the server can't be reached, and the reconnect policy gives up
    └── RefusedError    the server refused the connection; a retry would be refused too
"""

from __future__ import annotations


class TickerError(Exception):
    """The base class of all errors of this package."""


class ProtocolError(TickerError):
    """A message violates the protocol. ``code`` is one of ``ticker.wire.codes``."""

    def __init__(self, code: str, message: str, id: int | str | None = None) -> None:  # noqa: A002 - the wire's name
        super().__init__(message)
        self.code = code
        self.message = message
        self.id = id


class FeedError(TickerError):
    """A feed can't be found, built or read."""


class OptionError(FeedError):
    """An option of a feed is missing, unknown or invalid. ``option`` is the name of its field."""

    def __init__(self, option: str, message: str) -> None:
        super().__init__(message)
        self.option = option


class BatchError(FeedError):
    """A batch of ticks is invalid: wrong shapes, or a price that is not a positive finite number."""


class KeysError(TickerError):
    """A key file, or a key that verifies tokens, can't be read or changed."""


class TlsError(TickerError):
    """A certificate or its key can't be used."""


class StateError(TickerError):
    """The folder or file of the server's state can't be used."""


class WebhookError(TickerError):
    """The address of webhooks, or the file with their secret, can't be used."""


class StreamError(TickerError):
    """The base class of the Python client's errors."""


class ConnectError(StreamError):
    """The server can't be reached, and the reconnect policy gives up after ``attempts`` attempts."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts


class RefusedError(StreamError):
    """The server refused the connection; a retry would be refused too.

    ``code`` is the server's error code, or ``http-`` and the status: ``http-404``.
    """

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
