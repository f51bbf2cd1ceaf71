"""The rows of symbols: which row each name has, and which rows the codes of a feed's table are."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

import numpy as np

from ticker.model import Ints, SymbolTable


class SymbolRows:
    """Rows are numbered in order of appearance; a row is never reused for another symbol.

    ``appeared`` is called with the name and the row of each new symbol.
    """

    def __init__(self, appeared: Callable[[str, int], None]) -> None:
        #: Names by row. Only grows.
        self.names: list[str] = []
        self._appeared = appeared
        self._rows: dict[str, int] = {}
        self._mapped: WeakKeyDictionary[SymbolTable, Ints] = WeakKeyDictionary()

    def add(self, name: str) -> int:
        """The row of ``name``, added if it is new."""
        row = self._rows.get(name)
        if row is None:
            row = self._rows[name] = len(self.names)
            self.names.append(name)
            self._appeared(name, row)
        return row

    def find(self, name: str) -> int | None:
        """The row of ``name``; None for an unknown one."""
        return self._rows.get(name)

    def of(self, table: SymbolTable) -> Ints:
        """The rows of a table's symbols, by code. Adds new symbols."""
        rows = self._mapped.get(table)
        if rows is None or len(rows) < len(table):
            rows = np.fromiter(map(self.add, table.names), np.int32, len(table))
            self._mapped[table] = rows
        return rows
