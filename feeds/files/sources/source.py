"""A readable file or archive member, as blocks of text or tables of typed columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Block:
    """``lines`` whole lines of UTF-8 text, each with its newline; ``first_line`` is the number of the first, from 1."""

    data: bytes
    first_line: int
    lines: int


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a file with typed columns (Parquet); ``first_row`` is the number of the first row, from 1.

    ``places`` are the places in the file of the columns that were read; None: all.
    """

    frame: pd.DataFrame
    first_row: int
    places: tuple[int, ...] | None = None


class Source:
    """The base of all sources. Reading raises ``FeedError`` with the file's name and a message for the user.

    ``path``   the path as the user gave it
    ``name``   the name in error messages: ``trades.csv.gz``, ``20131011_trade.zip:20131011_ibm_Trade_Tick.csv``
    ``names``  names that may contain a symbol or a date, the nearest first: of the member, the file, its folders
    """

    #: Whether ``tables`` is to be called instead of ``blocks``.
    is_table = False
    compression: str | None = None

    def __init__(self, file: Path, path: str, name: str, names: tuple[str, ...]) -> None:
        self.path = path
        self.name = name
        self.names = names
        #: Files beside it that were left out, because their names say that they have no prices.
        self.beside = 0
        #: Which of the paths that the user gave it is from.
        self.given = 0
        self._file = file
        self._done_bytes = 0

    @property
    def size_bytes(self) -> int:
        """The size on disk, before decompression."""
        try:
            return self._file.stat().st_size
        except OSError:
            return self._done_bytes

    @property
    def done_bytes(self) -> int:
        """How much of ``size_bytes`` the latest ``blocks`` or ``tables`` has read."""
        return self._done_bytes

    def blocks(self) -> Iterator[Block]:
        """The text from the start, about 512 KiB at a time, without a byte-order mark. Can be called again."""
        raise NotImplementedError

    def head(self) -> Table:
        """The first rows of all columns."""
        raise NotImplementedError

    def tables(self, places: Collection[int] | None = None) -> Iterator[Table]:
        """The rows of the columns at ``places`` of ``head``; None: of all. Can be called again."""
        raise NotImplementedError
