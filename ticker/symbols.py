"""Symbols: which names are valid, and the table that maps them to small integers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ticker.errors import BatchError
from ticker.sanitize import escaped, is_visible

#: The maximum length of a symbol, which is visible text other than the wildcard.
MAX_NAME_LENGTH = 64
ALL = "*"


def is_symbol(name: str) -> bool:
    """Whether ``name`` is a valid symbol: 1 to 64 printable characters, none of them invisible, not ``*``."""
    if not 0 < len(name) <= MAX_NAME_LENGTH or name == ALL:
        return False
    # Without a call for almost all symbols: a client may subscribe to thousands at once.
    return name.isprintable() if name.isascii() else is_visible(name)


class SymbolTable:
    """Maps symbols to small integers; it only grows. A feed owns one; the `symbol` columns of its batches index it."""

    __slots__ = ("__weakref__", "_codes", "_names")

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names: list[str] = []
        self._codes: dict[str, int] = {}
        for name in names:
            self.code(name)

    def code(self, name: str) -> int:
        """The code of ``name``, which is added if it is new. Raises ``BatchError`` for an invalid symbol."""
        code = self._codes.get(name)
        if code is None:
            if not is_symbol(name):
                raise BatchError(
                    f"{escaped(name[:80])} is not a valid symbol: 1 to {MAX_NAME_LENGTH} printable characters, not '*'"
                )
            code = len(self._names)
            self._names.append(name)
            self._codes[name] = code  # last: a feed may add in a thread, and every code must have a name
        return code

    def find(self, name: str) -> int | None:
        """The code of ``name``, or None."""
        return self._codes.get(name)

    @property
    def names(self) -> Sequence[str]:
        """All names by code. A live view; must not be changed."""
        return self._names

    def __getitem__(self, code: int) -> str:
        return self._names[code]

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._codes
