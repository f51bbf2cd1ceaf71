"""Splits a regular block of text into columns with pandas and numpy.

It returns None rather than a result that differs from ``split.csv_split``. Only numbers go through pandas' parser;
timestamps and short names are handled as bytes, which takes a third of the time. pyarrow's engine is no faster then.
"""

from __future__ import annotations

import csv
import io
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from feeds.files.parsing.table import Column, Lines, Names, Numbers, Rows, Shape
from feeds.files.parsing.timestamps import MAX_LENGTH
from feeds.files.parsing.timestamps import Texts as Bytes
from feeds.files.sources.source import Block

if TYPE_CHECKING:
    import pandas as pd

_NEWLINE: Final = ord("\n")
_QUOTE: Final = ord('"')
_SHORT: Final = 8


def fast_split(block: Block, shape: Shape) -> Rows | None:
    """The rows of ``block``: numbers as floats, names as indices into a list, timestamps as bytes; None if irregular.

    It makes no Python strings, and releases the GIL most of the time.
    """
    data = block.data
    if b"\0" in data or not data:
        return None
    lines = np.arange(block.first_line, block.first_line + block.lines)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
        if b"\r" in data:
            return None
    fields = _Fields.of(data, len(lines), shape)
    if fields is None and (data.startswith(b"\n") or b"\n\n" in data):
        data, lines = _without_blank(data, lines)
        fields = _Fields.of(data, len(lines), shape) if data else None
    if fields is None:
        return None
    columns = _typed(fields, len(lines), shape) or _texts(fields, len(lines), shape)
    return None if columns is None else Rows(lines, [], columns, fields.text)


class _Fields:
    """The start and end of each field of a block, one row per line."""

    def __init__(
        self, data: bytes, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], *, quoted: bool
    ) -> None:
        self.data = data
        self.starts = starts
        self.ends = ends
        self.quoted = quoted

    @classmethod
    def of(cls, data: bytes, lines: int, shape: Shape) -> _Fields | None:
        """None unless each line has ``shape.width`` fields and quotes surround whole fields only."""
        text = np.frombuffer(data, np.uint8)
        separators = text == ord(shape.delimiter)
        separators |= text == _NEWLINE
        quoted = b'"' in data
        if quoted:
            quotes = np.flatnonzero(text == _QUOTE)
            if len(quotes) % 2:
                return None
            opening, closing = quotes[::2], quotes[1::2]
            before = separators[opening[opening > 0] - 1]
            if not (before.all() and separators[closing + 1].all()):
                return None
            edges = np.zeros(len(text), np.int8)
            edges[opening], edges[closing] = 1, -1
            separators &= np.cumsum(edges, dtype=np.int8) == 0
        ends = np.flatnonzero(separators)
        width = shape.width
        if len(ends) != lines * width or not (text[ends[width - 1 :: width]] == _NEWLINE).all():
            return None
        starts = np.empty_like(ends)
        starts[0] = 0
        starts[1:] = ends[:-1] + 1
        return cls(data, starts.reshape(lines, width), ends.reshape(lines, width), quoted=quoted)

    def text(self, row: int, place: int) -> str:
        word = self.data[self.starts[row, place] : self.ends[row, place]].strip()
        if self.quoted and word.startswith(b'"') and word.endswith(b'"'):
            word = word[1:-1]
        return word.decode("utf-8", "surrogateescape").strip()

    def has_letters(self, place: int) -> bool:
        """Whether any field of a column starts with a letter."""
        text = np.frombuffer(self.data, np.uint8)
        starts = self.starts[:, place]
        if self.quoted:
            starts = starts + (text[starts] == _QUOTE)
        return bool((text[starts] >= ord("A")).any())

    def lengths(self, place: int) -> npt.NDArray[np.int64]:
        """The length of each field of a column in bytes, without quotes."""
        lengths: npt.NDArray[np.int64] = self.ends[:, place] - self.starts[:, place]
        if self.quoted:
            text = np.frombuffer(self.data, np.uint8)
            lengths = lengths - 2 * (text[self.starts[:, place]] == _QUOTE)
        return lengths

    def bytes(self, place: int) -> Bytes:
        """A column as bytes of one width; a field too long for a timestamp becomes empty."""
        starts, lengths = self.starts[:, place], self.lengths(place)
        text = np.frombuffer(self.data, np.uint8)
        if self.quoted:
            starts = starts + (text[starts] == _QUOTE)
        lengths = np.where(lengths > MAX_LENGTH, 0, lengths)
        width = max(int(lengths.max()), 1)
        padded = np.concatenate([text[: int(starts.max()) + width], np.zeros(width, np.uint8)])
        letters = np.lib.stride_tricks.sliding_window_view(padded, width)[starts]
        if not (lengths == width).all():
            letters[np.arange(width) >= lengths[:, None]] = 0
        words: Bytes = letters.view(f"S{width}")[:, 0]
        if (letters == ord(" ")).any() and (
            (letters[:, 0] == ord(" ")).any() or any(word[-1:] == b" " for word in words.tolist())
        ):
            words = np.strings.strip(words)
        return words


def _without_blank(data: bytes, lines: Lines) -> tuple[bytes, Lines]:
    parts = data.split(b"\n")[:-1]
    kept = np.array([bool(part) for part in parts])
    return b"".join(part + b"\n" for part in parts if part), lines[kept]


def _typed(fields: _Fields, count: int, shape: Shape) -> dict[int, Column] | None:
    """The columns with numbers as floats and names as categories; None if a field doesn't parse."""
    short = {place: names for place in shape.names if (names := _short_names(fields, place)) is not None}
    numbers = shape.numbers - shape.texts
    types: dict[int, Any] = dict.fromkeys(numbers, np.float64) | dict.fromkeys(shape.texts, object)
    types |= dict.fromkeys(shape.names - short.keys(), "category")
    frame = _frame(fields, count, shape, types, na_filter=False)
    if frame is None:
        blanks = {place: [""] for place in numbers}
        frame = _frame(fields, count, shape, types, na_values=blanks, keep_default_na=False)
    if frame is None:
        return None
    columns: dict[int, Column] = {place: fields.bytes(place) for place in shape.stamps}
    columns |= {place: frame[place].to_numpy(object) for place in shape.texts}
    for place in numbers:
        found = _numbers(frame[place].to_numpy(), fields, place)
        if found is None:
            return None
        columns[place] = found
    columns |= short
    for place in shape.names - short.keys():
        categories = frame[place].cat
        words = categories.categories.to_numpy(object).tolist()
        if not all(type(name) is str for name in words):  # pandas took 0005 and 7203 for numbers
            return None
        columns[place] = Names(np.asarray(categories.codes, np.intp), words)
    return columns


def _short_names(fields: _Fields, place: int) -> Names | None:
    """Names of up to eight bytes, compared as integers: a third of the time. None if there are longer ones."""
    import pandas as pd

    if int(fields.lengths(place).max()) > _SHORT:
        return None
    words = fields.bytes(place)
    padded = np.zeros((len(words), _SHORT), np.uint8)
    padded[:, : words.itemsize] = words.view(np.uint8).reshape(len(words), -1)
    places, found = pd.factorize(padded.view(np.uint64)[:, 0])
    try:
        names = [bytes(word).rstrip(b"\0").decode() for word in found.view(np.uint8).reshape(-1, _SHORT)]
    except UnicodeDecodeError:
        return None
    return Names(places, names)


def _texts(fields: _Fields, count: int, shape: Shape) -> dict[int, Column] | None:
    """The columns with numbers and names as texts: pandas would take TRUE for 1 and NA for missing."""
    types: dict[int, Any] = dict.fromkeys(shape.numbers | shape.names, object)
    frame = _frame(fields, count, shape, types, na_filter=False)
    if frame is None:
        return None
    columns: dict[int, Column] = {place: fields.bytes(place) for place in shape.stamps}
    return columns | {place: frame[place].to_numpy() for place in types}


def _frame(fields: _Fields, count: int, shape: Shape, types: dict[int, Any], **options: Any) -> pd.DataFrame | None:
    import pandas as pd

    if not types:
        return pd.DataFrame(index=range(count))
    try:
        frame = pd.read_csv(
            io.BytesIO(fields.data),
            sep=shape.delimiter,
            decimal=shape.decimal,
            header=None,
            names=list(range(shape.width)),
            usecols=list(types),
            dtype=types,
            index_col=False,
            quoting=csv.QUOTE_MINIMAL if fields.quoted else csv.QUOTE_NONE,
            skip_blank_lines=False,
            low_memory=False,
            **options,
        )
    except (ValueError, OverflowError):  # not UTF-8, not numbers, or irregular after all
        return None
    return frame if len(frame) == count else None


def _numbers(values: npt.NDArray[np.float64], fields: _Fields, place: int) -> Numbers | None:
    missing = np.isnan(values)
    if not missing.any():
        known, empty = values, missing
    else:
        known, empty = values[~missing], missing & (fields.lengths(place) == 0)
    if len(known) and known.max() <= 1 and ((known == 0) | (known == 1)).all() and fields.has_letters(place):
        return None  # pandas reads a column of TRUE and FALSE as 1 and 0
    wrong = missing & ~empty
    if wrong.any():
        blank = [row for row in np.flatnonzero(wrong).tolist() if not fields.text(row, place)]
        empty[blank], wrong[blank] = True, False
    infinite = np.isinf(values)
    if infinite.any():
        values, wrong = np.where(infinite, np.nan, values), wrong | infinite
    return Numbers(values, empty, wrong)


@cache
def pandas_parses_exactly() -> bool:
    """Whether this pandas reads a decimal as the nearest float. Before version 3 it got some last digits wrong."""
    import pandas as pd

    hard = ("0.30000000000000004", "184.93806457519532", "123456789.123456789", "1997.0268239360482")
    read = pd.read_csv(io.StringIO("\n".join(hard)), header=None, dtype=np.float64)[0]
    return read.tolist() == [float(text) for text in hard]
