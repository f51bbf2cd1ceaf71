"""Recognises a file by its header or by the texts of its first rows, and returns the plan for reading it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from feeds.files.layouts.catalog import BY_COLUMNS, BY_HEADER
from feeds.files.layouts.headerless import HEADERLESS, PLAIN_BARS, PLAIN_TRADES
from feeds.files.layouts.layout import Layout
from feeds.files.layouts.lean import QUOTE_BARS
from feeds.files.options import ReadOptions
from feeds.files.parsing.column_names import NEEDED, STAMPS
from feeds.files.parsing.dialect import Dialect
from feeds.files.parsing.paired_names import paired
from feeds.files.parsing.timestamp_parsers import LOCAL
from feeds.files.parsing.timestamps import as_texts, parse_timestamps
from feeds.files.recognition.columns import (
    ColumnMap,
    by_layout,
    by_names,
    single_letter_symbols,
    two_level,
    wide,
    wide_bars,
)
from feeds.files.recognition.contract_columns import contract_columns
from feeds.files.recognition.header import Header
from feeds.files.recognition.lean import by_form, by_lean_names, quotes_of_bars
from feeds.files.recognition.part_columns import PARTS, part_names
from feeds.files.recognition.plan import WIDE, Plan, SymbolColumns, shape_of
from feeds.files.recognition.shapes import ENOUGH, has_shape
from feeds.files.recognition.stamp_columns import given_stamps, stamps_of
from feeds.files.recognition.zone_column import place_of_zone
from feeds.files.report import Note, excerpt
from ticker.errors import FeedError, OptionError

#: Rows examined.
_ROWS: Final = 100
_MAX_SHOWN: Final = 160
_NO_NOTES: Final[tuple[Note, ...]] = ()


def recognise(dialect: Dialect, options: ReadOptions, file: str, names: Sequence[str] = ()) -> Plan:
    """The plan for reading the file. ``names`` are those of the file, its archive and its folders.

    Raises ``FeedError`` that states what was found and what is needed.
    """
    rows = [line.fields for line in dialect.rows[:_ROWS]]
    try:
        if dialect.header is None:
            plan = _without_header(dialect, rows, options, names)
        else:
            plan = _with_header(dialect, Header.of(dialect.header, rows), options, names)
        _check_all_read(plan, options.columns)
        return plan
    except OptionError:
        raise
    except FeedError as error:
        raise FeedError(f"{file}: {error}") from None


def _with_header(dialect: Dialect, header: Header, options: ReadOptions, names: Sequence[str]) -> Plan:
    given = _given_columns(options.columns, header)
    wanted = options.layout
    tickers = dialect.tickers
    if tickers is None and (pairs := paired(header.names)) is not None:
        header, tickers = Header.of(pairs[0], header.rows), pairs[1]
    if tickers is not None and wanted in (None, "yfinance"):
        return _plan(dialect, BY_COLUMNS["yfinance"], two_level(header, tickers), header.names, options)
    if wanted is not None and wanted not in BY_COLUMNS:
        return _plan(dialect, *_forced(wanted, header, given), header.names, options)
    if wanted is None and not given.keys() - {"symbol"}:
        for layout in BY_HEADER:
            if _fits(layout, header, dialect.banner, names):
                found = by_layout(header, layout, given.values())
                return _plan(dialect, layout, _with_given(found, given, header), header.names, options)
    if not given and wanted in (None, "wide") and (symbols := single_letter_symbols(header)) is not None:
        return _plan(dialect, BY_COLUMNS["wide"], symbols, header.names, options)
    named = by_names(header, given) if wanted not in WIDE else []
    if isinstance(named, ColumnMap):
        return _plan(dialect, _generic(named, wanted), named, header.names, options)
    if not given:
        for name, find in (("wide-bars", wide_bars), ("wide", wide)):
            found_wide = find(header) if wanted in (None, name) else None
            if found_wide is not None:
                return _plan(dialect, BY_COLUMNS[name], found_wide, header.names, options)
    raise FeedError(_no_columns(header, named))


def _without_header(
    dialect: Dialect, rows: Sequence[Sequence[str]], options: ReadOptions, names: Sequence[str]
) -> Plan:
    numbers = tuple(str(place + 1) for place in range(dialect.width))
    header = Header(numbers, numbers, rows)
    given = _given_columns(options.columns, header)
    if options.layout is not None:
        layouts = [each for each in (*HEADERLESS, *PLAIN_BARS, *PLAIN_TRADES) if each.name == options.layout]
        layout = next((each for each in layouts if has_shape(each, rows)), layouts[0] if layouts else None)
        if layout is None:
            raise FeedError(
                f"files of the layout {options.layout!r} have a header, and this file has none; "
                f"its first line is {_line(dialect)}"
            )
        found = _by_place(layout, dialect.width)
        return _plan(dialect, layout, _with_given(found, given, header), numbers, options)
    if given.keys() - {"symbol"}:
        named = by_names(header, given)
        if isinstance(named, ColumnMap):
            return _plan(dialect, _generic(named, None), named, numbers, options)
        raise FeedError(f"--columns has no {_listed(named)}; needed: {NEEDED}")
    lean = by_lean_names(names, rows)
    if lean is not None:
        plan = _plan(
            dialect, lean.layout, _with_given(lean.columns(dialect.width, rows), given, header), numbers, options
        )
        return replace(plan, named=lean.file, notes=tuple(lean.notes))
    fitting = [
        layout for layout in HEADERLESS if (not layout.named or layout.has_traces(names)) and has_shape(layout, rows)
    ]
    fitting = fitting or [layout for layout in PLAIN_BARS if has_shape(layout, rows) and _are_bars(layout, rows)]
    fitting = fitting or [layout for layout in PLAIN_TRADES if has_shape(layout, rows) and _are_trades(layout, rows)]
    if fitting:
        layout, notes = fitting[0], _NO_NOTES
        found = _by_place(layout, dialect.width)
        if layout.name in QUOTE_BARS:
            found = replace(found, views=quotes_of_bars(rows))
        if layout.name.startswith("lean-") and layout.scale != 1 and options.price_scale is None:
            layout, notes = by_form(layout, rows)
        elif layout in PLAIN_TRADES:
            notes = (Note("columns are taken for a time, a price and a size", "--columns"),)
        return replace(_plan(dialect, layout, _with_given(found, given, header), numbers, options), notes=notes)
    raise FeedError(
        f"no header, and the first line matches no known layout: {_line(dialect)}. "
        "Use --layout NAME, or name the columns: --columns timestamp=1,symbol=2,price=3"
    )


def _are_bars(layout: Layout, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the columns taken for high and low are the highest and lowest price of most rows."""
    places = [int(layout.columns[role]) for role in ("open", "high", "low", "close")]
    good = 0
    for row in rows:
        try:
            _, high, low, _ = prices = [float(row[place]) for place in places]
        except (ValueError, IndexError):
            continue
        good += high == max(prices) and low == min(prices)
    return good > ENOUGH * len(rows)


def _are_trades(layout: Layout, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the prices of most rows are near each other, and the sizes are not."""
    price, size = int(layout.columns["price"]), int(layout.columns["size"])
    prices, sizes = [], []
    for row in rows:
        try:
            values = float(row[price]), float(row[size])
        except (ValueError, IndexError):
            continue
        prices.append(values[0])
        sizes.append(values[1])
    if len(prices) < 2 or min(prices) <= 0 or len(prices) <= ENOUGH * len(rows):
        return False
    return max(prices) < 2 * min(prices) and max(sizes) * min(prices) > max(prices) * min(sizes)


def _by_place(layout: Layout, width: int) -> ColumnMap:
    places = {role: place for role, place in layout.columns.items() if isinstance(place, int)}
    if any(place >= width for role, place in places.items() if role not in ("volume", "trades")):
        raise FeedError(f"the layout {layout.name!r} has {len(layout.fields)} columns; this file has {width}")
    places = {role: place for role, place in places.items() if place < width}
    stamps = {role: place for role, place in places.items() if role in STAMPS}
    return ColumnMap(
        layout.kind, stamps, (SymbolColumns({role: at for role, at in places.items() if role not in STAMPS}),)
    )


def _fits(layout: Layout, header: Header, banner: str, file_names: Sequence[str]) -> bool:
    names = set(header.plain) - {""}
    if not (names == layout.header if layout.exact else names >= layout.header):
        return False
    if layout.banner not in banner or (layout.named and not layout.has_traces(file_names)):
        return False
    if not layout.naive and not layout.stamps:
        return True
    stamps = stamps_of(header)
    words = header.values(next(iter(stamps.values())))[:1] if stamps else []
    if layout.stamps and words:
        return re.fullmatch(layout.stamps, words[0]) is not None
    return bool(words) and bool(parse_timestamps(as_texts(words), "stamp").kind[0] == LOCAL)


def _forced(name: str, header: Header, given: Mapping[str, int]) -> tuple[Layout, ColumnMap]:
    """The layout of the option, and its columns in this header."""
    layouts = [layout for layout in BY_HEADER if layout.name == name]
    for layout in layouts:
        if set(header.plain) >= layout.header - set(given):
            return layout, _with_given(by_layout(header, layout, given.values()), given, header)
    if not layouts:
        layout = next(each for each in HEADERLESS if each.name == name)
        return layout, _with_given(_by_place(layout, len(header.names)), given, header)
    missing = sorted(layouts[0].header - set(header.plain))
    raise FeedError(f"the layout {name!r} needs {_listed(missing)}; the header has: {_names(header)}")


def _with_given(found: ColumnMap, given: Mapping[str, int], header: Header) -> ColumnMap:
    """The columns of the layout, overridden by those of the option."""
    stamps = given_stamps(header, given, found.stamps)
    columns = {role: place for role, place in given.items() if role not in STAMPS}
    views = tuple(replace(view, columns={**view.columns, **columns}) for view in found.views)
    return replace(found, stamps=stamps, views=views)


def _given_columns(columns: Mapping[str, str], header: Header) -> dict[str, int]:
    """The places of the columns in the option. Raises ``FeedError`` for a column that doesn't exist."""
    places = {}
    lower = [name.lower() for name in header.names]
    for role, name in columns.items():
        if name in header.names:
            places[role] = header.names.index(name)
        elif name.lower() in lower:
            places[role] = lower.index(name.lower())
        elif name.isdecimal() and 0 < int(name) <= len(header.names):
            places[role] = int(name) - 1
        else:
            raise FeedError(f"--columns {role}={name}: no such column; the columns are: {_names(header)}")
    return places


def _check_all_read(plan: Plan, columns: Mapping[str, str]) -> None:
    """Raise ``FeedError`` for a role in the option that a file of this kind does not have."""
    roles = {role for view in plan.views for role in view.columns}
    for role, name in columns.items():
        if role not in STAMPS and role not in roles:
            raise FeedError(f"--columns {role}={name}: a file of {plan.content} has no {role}")


def _generic(found: ColumnMap, wanted: str | None) -> Layout:
    if wanted is not None:
        return BY_COLUMNS[wanted]
    roles = found.views[0].columns.keys()
    if found.kind == "bars":
        return BY_COLUMNS["bars"]
    if "price" not in roles:
        return BY_COLUMNS["quotes"]
    return BY_COLUMNS["ticks" if roles & {"bid", "ask"} else "trades"]


def _plan(dialect: Dialect, layout: Layout, found: ColumnMap, names: Sequence[str], options: ReadOptions) -> Plan:
    views = found.views
    scale = layout.scale
    reading = layout.reading
    if layout.scale_if_whole and not _are_whole(dialect, views):
        scale = 1.0
    if reading == "clock" and "date" not in found.stamps and layout.columns.keys() >= {"date", "time"}:
        reading = "stamp"
    if options.price_scale is not None:
        scale = options.price_scale
    zone = place_of_zone(names, [line.fields for line in dialect.rows[:_ROWS]])
    symbol, used = views[0].columns.get("symbol"), {place for view in views for place in view.columns.values()}
    contract: tuple[int, ...] = ()
    if symbol is not None and "symbol" not in options.columns:
        contract = contract_columns(names, symbol, bars=found.kind == "bars")
    contract = tuple(place for place in contract if place not in used)
    more = {*contract, *([] if zone is None else [zone])}
    parts = {part: found.stamps[part] for part in PARTS if part in found.stamps}
    columns = tuple(name.strip() or str(place + 1) for place, name in enumerate(names))
    stamps = found.stamps
    if parts:
        columns = part_names(parts, columns)
        stamps = {"timestamp": parts["year"]}
        if "time" in found.stamps:
            stamps = {"date": parts["year"], "time": found.stamps["time"]}
    return Plan(
        layout=layout,
        kind=found.kind,
        shape=shape_of(len(names), dialect.delimiter, found.stamps, views, found.twins, more),
        names=columns,
        stamps=stamps,
        parts=parts,
        views=views,
        twins=found.twins,
        zone=zone,
        contract=contract,
        scale=scale,
        reading=reading,
        has_undefined=layout.scale_if_whole,
    )


def _are_whole(dialect: Dialect, views: Sequence[SymbolColumns]) -> bool:
    prices = ("price", "bid", "ask", "open", "high", "low", "close")
    places = {place for view in views for role, place in view.columns.items() if role in prices}
    return not any("." in line.fields[place] for line in dialect.rows for place in places)


def _no_columns(header: Header, missing: Sequence[str]) -> str:
    what = f"the header has no {_listed(missing)}" if missing else "the header matches no known layout"
    hint = "Name other columns with --columns timestamp=NAME,price=NAME"
    return f"{what}. Found: {_names(header)}. Needed: {NEEDED}. {hint}"


def _listed(roles: Sequence[str]) -> str:
    return f"column{'s' if len(roles) > 1 else ''} for {', '.join(roles)}"


def _names(header: Header) -> str:
    return _quoted(", ".join(header.names))


def _line(dialect: Dialect) -> str:
    return "'" + _quoted(dialect.delimiter.join(dialect.rows[0].fields if dialect.rows else ())) + "'"


def _quoted(text: str) -> str:
    """Text of the file for an error message: escaped and cut."""
    text = text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"
    return repr(excerpt(text) if len(text) <= 80 else text.encode("utf-8", "backslashreplace").decode())[1:-1]
