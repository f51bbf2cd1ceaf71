"""One readable file, or one member of an archive, as its bytes are: what the reader of rows stands on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

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
    """Rows of a file that has typed columns (Parquet); ``first_row`` is the first one's number, from 1."""

    frame: pd.DataFrame
    first_row: int


class Source(Protocol):
    """Reading it raises ``FeedError``, with the file and what is wrong with it in words for the user."""

    #: As complaints name it: ``trades.csv.gz``, ``20131011_trade.zip:20131011_ibm_Trade_Tick.csv``.
    name: str
    #: The path as the user gave it.
    path: str
    compression: str | None
    #: Names that may tell a symbol or a date, the nearest first: the member's, the file's, its folders'.
    names: tuple[str, ...]
    #: Whether ``tables`` is to be used, and not ``blocks``.
    is_table: bool

    def blocks(self) -> Iterator[Block]:
        """The text from its beginning, some 512 KiB at a time, without a byte-order mark. May be called again."""

    def tables(self) -> Iterator[Table]: ...

    @property
    def size_bytes(self) -> int:
        """On disk, as it is packed. For progress."""

    @property
    def done_bytes(self) -> int:
        """How much of ``size_bytes`` the latest ``blocks`` or ``tables`` has read."""
