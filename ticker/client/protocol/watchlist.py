"""The symbols that a client wants on one channel, and how they fit into messages. Knows no connection."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

#: The wildcard: every symbol there is.
ALL = "*"
#: How many names a line of the log has.
_NAMED = 20
#: What a message holds besides its symbols, at the most: op, id, channel, rate and since.
_ENVELOPE_BYTES = 512


class Watchlist:
    """A watchlist as the user asked for it: names in their order, and whether everything is wanted besides."""

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
        """Take symbols out; ``*`` takes all. One name can't be taken out of everything."""
        for symbol in symbols:
            if symbol == ALL:
                self.everything = False
                self.names.clear()
                return
            self.names.pop(symbol, None)

    def tokens(self) -> list[str]:
        """What to subscribe to, to have it all. The wildcard first: it covers the names."""
        return [ALL, *self.names] if self.everything else list(self.names)


def as_names(symbols: Iterable[str]) -> list[str]:
    """The symbols, each once, in their order. A single string is one symbol, and not its letters."""
    return list(dict.fromkeys([symbols] if isinstance(symbols, str) else symbols))


def portions(symbols: Iterable[str], message_bytes: int) -> list[list[str]]:
    """The symbols cut into lists, each of which fits into a message of ``message_bytes``. At least one list."""
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


def listed(names: Iterable[str]) -> str:
    """Some of the names, for a line of the log."""
    names = list(names)
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
