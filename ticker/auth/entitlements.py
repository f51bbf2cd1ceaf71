"""What a client may see and do: symbols, channels, rooms, rate, connections. Knows no key, no token and no socket."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache

import msgspec

from ticker.wire.messages import CHANNELS


class Entitlements(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The default is everything, but what is for the server's owner. Raises ``ValueError`` for what can't be.

    ``symbols``      patterns as a shell has them, case-sensitive: ``AAPL``, ``FX:*``, ``BRK.?``, ``[AM]*``
    ``channels``     of the stream; the snapshot belongs to ``ticker``, and bars over HTTP to ``bars``
    ``rooms``        of the desk chat: patterns too
    ``rate``         the highest rate in Hz, at least 0.5, of channel ``ticker``, of bars, and of what is asked for over
                     HTTP; with one, "at once" is that rate. Trades and quotes come one by one: see ``channels``
    ``connections``  at the same time
    ``admin``        may see who is connected and the metrics, and move the replay's clock
    """

    symbols: tuple[str, ...] = ("*",)
    channels: tuple[str, ...] = tuple(CHANNELS)
    rooms: tuple[str, ...] = ("*",)
    rate: float | None = None
    connections: int | None = None
    admin: bool = False

    def __post_init__(self) -> None:
        for what, patterns in (("symbols", self.symbols), ("rooms", self.rooms)):
            if any(not pattern for pattern in patterns):
                raise ValueError(f"{what}: a pattern is empty")
        for channel in self.channels:
            if channel not in CHANNELS:
                raise ValueError(f"channels: there are {', '.join(CHANNELS)}, not {channel!r:.40}")
        if self.rate is not None and not self.rate >= 0.5:
            raise ValueError(f"rate: at least 0.5, not {self.rate:g}")
        if self.connections is not None and self.connections < 1:
            raise ValueError(f"connections: at least 1, not {self.connections}")

    @property
    def every_symbol(self) -> bool:
        """Whether they are all symbols, those to come included."""
        return "*" in self.symbols

    def symbol(self, name: str) -> bool:
        """Whether a symbol may be seen, be there such a one or not."""
        return _pattern(self.symbols).match(name) is not None

    def room(self, name: str) -> bool:
        """Whether it may go into a room, be there such a one or not."""
        return _pattern(self.rooms).match(name) is not None


#: Of whoever comes in where nobody is asked who they are: it is the owner's own machine.
EVERYTHING = Entitlements(admin=True)


@lru_cache(maxsize=1_024)
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, globs)) or r"(?!)")
