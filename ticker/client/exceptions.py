"""Failures of one connection, which the supervisor handles. What reaches the user is in ``ticker.errors``."""

from __future__ import annotations


class TransportError(Exception):
    """The connection broke or could not be made. Another attempt may succeed, but not before ``retry_after_s``.

    ``broken``: the server violated the protocol, so the connection doesn't reset the count of failed attempts.
    """

    def __init__(self, reason: str, *, retry_after_s: float = 0.0, broken: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.broken = broken


class TransportBlockedError(TransportError):
    """The network may block this transport; another transport may get through.

    ``mute``: no byte came back. ``refused``: the error to raise if no other transport is tried.
    """

    def __init__(
        self, reason: str, *, broken: bool = False, mute: bool = False, refused: Exception | None = None
    ) -> None:
        super().__init__(reason, broken=broken)
        self.mute = mute
        self.refused = refused


class ProtocolViolationError(Exception):
    """The server sent what the protocol doesn't allow: the connection can't be used any longer."""
