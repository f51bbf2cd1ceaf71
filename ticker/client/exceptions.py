"""What a connection's end is told as, if another one may do better."""

from __future__ import annotations


class TransportError(Exception):
    """The connection is gone, or none came about; another may do better, but not before ``retry_after_s``.

    ``broken``: the server misbehaved; what was achieved until then doesn't count as success.
    """

    def __init__(self, reason: str, *, retry_after_s: float = 0.0, broken: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.broken = broken


class TransportBlockedError(TransportError):
    """What was tried does not get through here; something else may. ``mute``: nothing came back at all.

    ``refused``: what it means if nothing else gets through either.
    """

    def __init__(
        self, reason: str, *, broken: bool = False, mute: bool = False, refused: Exception | None = None
    ) -> None:
        super().__init__(reason, broken=broken)
        self.mute = mute
        self.refused = refused

    @property
    def verdict(self) -> Exception:
        """What to raise where nothing else is tried."""
        return self.refused or self
