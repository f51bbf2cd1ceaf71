"""The failure of a soak."""

from __future__ import annotations


class SoakError(Exception):
    """``subject`` (a client, the server) broke a rule or differs from the server's state."""

    def __init__(self, subject: str, difference: str) -> None:
        super().__init__(f"{subject}: {difference}")
