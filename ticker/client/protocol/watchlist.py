"""The symbols that a client subscribes to on one channel, and how they fit into messages."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

#: The wildcard: all symbols.
ALL = "*"
#: Maximum number of names in a log line.
_NAMED = 20
#: Maximum size of the rest of a message: op, id, channel, rate and since.
_ENVELOPE_BYTES = 512


class Watchlist:
    """Names in the order of subscribing, and whether ``*`` is included."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.everything = False

    def __bool__(self) -> bool:
        return self.everything or bool(self.names)

    def __contains__(self, symbol: object) -> bool:
        return self.everything or symbol in self.names

    def add(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            if symbol == ALL:
                self.everything = True
            else:
                self.names[symbol] = None

    def remove(self, symbols: Iterable[str]) -> None:
        """Remove symbols; ``*`` removes all. Removing a name doesn't limit ``*``."""
        for symbol in symbols:
            if symbol == ALL:
                self.everything = False
                self.names.clear()
                return
            self.names.pop(symbol, None)

    def tokens(self) -> list[str]:
        """The symbols to subscribe to. ``*`` comes first, because it covers the names."""
        return [ALL, *self.names] if self.everything else list(self.names)


def as_names(symbols: Iterable[str]) -> list[str]:
    """The symbols without duplicates. A string is one symbol."""
    return list(dict.fromkeys([symbols] if isinstance(symbols, str) else symbols))


def portions(symbols: Iterable[str], message_bytes: int) -> list[list[str]]:
    """The symbols in lists that each fit into a message of ``message_bytes``. At least one list."""
    room = max(0, message_bytes - _ENVELOPE_BYTES)
    found: list[list[str]] = [[]]
    used = 0
    for symbol in symbols:
        size = len(msgspec.json.encode(symbol)) + 1  # msgpack takes no more
        if used + size > room and found[-1]:
            found.append([])
            used = 0
        found[-1].append(symbol)
        used += size
    return found


def shortened(names: Iterable[str]) -> str:
    """The names, shortened for the log."""
    names = list(names)
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
