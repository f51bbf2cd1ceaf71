"""What a client may see and do: symbols, channels, rooms, rate, connections."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache

import msgspec

from ticker.wire.messages import CHANNELS


class Entitlements(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The default allows everything except what needs an admin. Raises ``ValueError`` for invalid values.

    ``symbols``      case-sensitive shell patterns: ``AAPL``, ``FX:*``, ``BRK.?``, ``[AM]*``
    ``channels``     of the stream; snapshots count as ``ticker``, bars over HTTP as ``bars``
    ``rooms``        of the chat: shell patterns
    ``rate``         maximum rate in Hz, at least 0.5, of channel ``ticker``, bars and HTTP requests; "at once" is then
                     this rate. Trades and quotes are not limited by it
    ``connections``  maximum number at a time
    ``admin``        may list clients, read metrics, send notices and move the replay clock
    """

    symbols: tuple[str, ...] = ("*",)
    channels: tuple[str, ...] = tuple(CHANNELS)
    rooms: tuple[str, ...] = ("*",)
    rate: float | None = None
    connections: int | None = None
    admin: bool = False

    def __post_init__(self) -> None:
        for what, patterns in (("symbols", self.symbols), ("rooms", self.rooms)):
            if "" in patterns:
                raise ValueError(f"{what}: a pattern is empty")
        for channel in self.channels:
            if channel not in CHANNELS:
                raise ValueError(f"channels: must be of {', '.join(CHANNELS)}, not {channel!r:.40}")
        if self.rate is not None and not self.rate >= 0.5:
            raise ValueError(f"rate: must be at least 0.5, not {self.rate:g}")
        if self.connections is not None and self.connections < 1:
            raise ValueError(f"connections: must be at least 1, not {self.connections}")

    @property
    def every_symbol(self) -> bool:
        """Whether all symbols are allowed, including future ones."""
        return "*" in self.symbols

    def symbol(self, name: str) -> bool:
        """Whether a symbol is allowed, whether or not it exists."""
        return _pattern(self.symbols).match(name) is not None

    def room(self, name: str) -> bool:
        """Whether a room is allowed, whether or not it exists."""
        return _pattern(self.rooms).match(name) is not None


#: What every client may do without authentication.
EVERYTHING = Entitlements(admin=True)


@lru_cache(maxsize=1_024)
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, globs)) or r"(?!)")
