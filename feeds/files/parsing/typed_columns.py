"""Converts typed columns (Parquet) to rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from feeds.files.parsing.dialect import Dialect, Line
from feeds.files.parsing.paired_names import in_rows
from feeds.files.parsing.table import Column, Names, Numbers, Rows, Shape, Words
from feeds.files.parsing.timestamp_parsers import LOCAL, NOTHING, UTC
from feeds.files.parsing.timestamps import Timestamps
from feeds.files.sources.source import Table

if TYPE_CHECKING:
    import pandas as pd

_HEAD_ROWS: Final = 200


def with_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its index as columns, unless the index just counts rows."""
    import pandas as pd

    return frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()


def dialect_of_frame(frame: pd.DataFrame) -> Dialect:
    """The columns' names and the first rows as text."""
    head = frame.head(_HEAD_ROWS)
    names = tuple(str(name) for name in frame.columns)
    columns = [[_text(value) for value in head.iloc[:, place].tolist()] for place in range(len(names))]
    rows = tuple(Line(number, list(fields)) for number, fields in enumerate(zip(*columns, strict=True), 1))
    tickers, skip = None, 0
    if (levels := in_rows(names, [line.fields for line in rows[:2]])) is not None:
        names, tickers, skip = levels
    return Dialect("", 0, "", None, names, tickers, 1 + skip, len(names), rows[skip:])


def rows_of(table: Table, shape: Shape, first_row: int = 1) -> Rows:
    """The rows of a table, from ``first_row`` of the file on. Places are those of ``Source.head``."""
    frame = with_columns(table.frame).iloc[max(0, first_row - table.first_row) :]
    at = {place: number for number, place in enumerate(range(frame.shape[1]) if table.places is None else table.places)}
    columns: dict[int, Column] = {}
    for place in shape.stamps:
        columns[place] = _stamps(frame.iloc[:, at[place]])
    for place in shape.names - shape.stamps:
        columns[place] = _names(frame.iloc[:, at[place]])
    for place in shape.numbers - shape.stamps - shape.names:
        columns[place] = _numbers(frame.iloc[:, at[place]])
    first = max(first_row, table.first_row)
    lines = np.arange(first, first + len(frame))
    return Rows(lines, [], columns, lambda row, place: _text(frame.iat[row, at[place]]))


def _text(value: Any) -> str:
    import pandas as pd

    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(value)


def _words(column: pd.Series[Any]) -> Words:
    words = np.empty(len(column), object)
    words[:] = [_text(value).strip() for value in column.tolist()]
    return words


def _stamps(column: pd.Series[Any]) -> Column:
    import pandas as pd

    kind = column.dtype
    if isinstance(kind, pd.DatetimeTZDtype) or (isinstance(kind, np.dtype) and kind.kind == "M"):
        aware = isinstance(kind, pd.DatetimeTZDtype)
        index = pd.DatetimeIndex(column)
        missing = np.asarray(index.isna())
        values = (index.tz_convert("UTC") if aware else index).as_unit("ns").asi8
        found = np.where(missing, NOTHING, UTC if aware else LOCAL).astype(np.uint8)
        offset = index.tz_localize(None).as_unit("ns").asi8 - values if aware else None
        if offset is not None:
            offset = np.where(missing, 0, offset) if offset.any() else None
        return Timestamps(np.where(missing, 0, values), found, np.zeros(len(values), np.int64), offset=offset)
    if isinstance(kind, np.dtype) and kind.kind in "iu":
        return column.to_numpy().astype("S20")
    return _words(column)


def _names(column: pd.Series[Any]) -> Names:
    import pandas as pd

    try:
        places, found = pd.factorize(column, use_na_sentinel=False)
    except TypeError:  # lists, as of sale conditions
        words = pd.Series([_listed(value) for value in column.tolist()], dtype=object)
        places, found = pd.factorize(words, use_na_sentinel=False)
    names = [_text(name) for name in found]
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "f":  # integers beside nulls: 600000.0
        names = [name.removesuffix(".0") for name in names]
    return Names(np.asarray(places, np.intp), names)


def is_number_column(frame: pd.DataFrame, place: int | None) -> bool:
    """Whether a column, of the symbol, has numbers."""
    import pandas as pd

    return place is not None and pd.api.types.is_numeric_dtype(frame.dtypes.iloc[place])


def _listed(value: Any) -> Any:
    """A list as text."""
    return str(list(value)) if isinstance(value, list | tuple | np.ndarray) else value


def _numbers(column: pd.Series[Any]) -> Column:
    kind = column.dtype
    if isinstance(kind, np.dtype) and kind.kind in "iuf":
        values = column.to_numpy().astype(np.float64)
        empty = np.isnan(values)
        return Numbers(values, empty, np.isinf(values))
    return _words(column)
