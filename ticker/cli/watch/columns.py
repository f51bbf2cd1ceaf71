"""The columns of the live table, and which of them fit on a narrow terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from ticker.cli.failure import printable
from ticker.cli.numbers import change, price, short, signed
from ticker.cli.watch.sheet import Row

#: Blanks between two columns.
GAP: Final = 2
UP, DOWN = "green", "red"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BAR_CELLS: Final = 9


@dataclass(frozen=True, slots=True)
class Column:
    """``text`` gives the cell of a row in a time zone; None is the user's.

    ``style`` is a style of rich. On a narrow terminal the columns with the highest ``rank`` are dropped first, rank 0
    never. A column that ``flashes`` highlights a price that just changed.
    """

    title: str
    rank: int
    text: Callable[[Row, tzinfo | None], str]
    style: Callable[[Row], str] = lambda _: ""
    left: bool = False
    least: int = 0
    flashes: bool = False


def direction_style(number: float | None) -> str:
    """The colour of a rise or fall. A sign or an arrow always shows it as well."""
    return "" if not number else UP if number > 0 else DOWN


def moment(ts: int | None, zone: tzinfo | None) -> datetime | None:
    """A timestamp (UTC epoch, ns) in a time zone; None is the user's."""
    return None if ts is None else (_EPOCH + timedelta(microseconds=ts // 1000)).astimezone(zone)


def arrow(direction: int) -> str:
    return "▲" if direction > 0 else "▼" if direction < 0 else " "


def _last(row: Row, _: tzinfo | None) -> str:
    return f"{price(row.get('last')) or '—'} {arrow(row.direction)}"


def _time(row: Row, zone: tzinfo | None) -> str:
    at = moment(row.get("ts"), zone)
    return "" if at is None else f"{at:%H:%M:%S}"


def _range(row: Row, _: tzinfo | None) -> str:
    """The position of the price between the day's low and high."""
    low, high, last = row.get("low"), row.get("high"), row.get("last")
    if low is None or high is None or last is None:
        return ""
    part = (last - low) / (high - low) if high > low else 0.5
    place = round(min(max(part, 0.0), 1.0) * (_BAR_CELLS - 1))
    return "─" * place + "●" + "─" * (_BAR_CELLS - 1 - place)


def _field(name: str, form: Callable[[float | None], str]) -> Callable[[Row, tzinfo | None], str]:
    return lambda row, _: form(row.get(name))


def _percent(row: Row, _: tzinfo | None) -> str:
    percent = row.change_percent
    return "" if percent is None else f"{signed(percent)} %"


def _change(row: Row, _: tzinfo | None) -> str:
    return change(row.change, row.get("last"))


def _vwap(value: float | None) -> str:
    """A mean has no last digit: two decimals are enough of prices that have two."""
    return price(value if value is None or abs(value) < 1 else round(value, 2))


def _dim(_: Row) -> str:
    return "dim"


COLUMNS: Final = (
    Column("Symbol", 0, lambda row, _: printable(row.symbol), lambda _: "bold", left=True),
    Column("Last  ", 0, _last, lambda row: direction_style(row.direction), flashes=True),
    Column(
        "Change",
        4,
        lambda row, _: change(row.change, row.get("last")),
        lambda row: direction_style(row.change),
        least=7,
    ),
    Column("Chg %", 1, _percent, lambda row: direction_style(row.change), least=8),
    Column("Bid size", 10, _field("bid_size", short), _dim),
    Column("Bid", 3, _field("bid", price)),
    Column("Ask", 3, _field("ask", price)),
    Column("Ask size", 10, _field("ask_size", short), _dim),
    Column("Spread", 7, lambda row, _: price(row.spread)),
    Column("Volume", 2, _field("volume", short), least=6),
    Column("Trades", 12, _field("trades", short), least=6),
    Column("VWAP", 11, _field("vwap", _vwap)),
    Column("Low", 6, _field("low", price)),
    Column("Range", 8, _range, _dim, left=True, least=_BAR_CELLS),
    Column("High", 6, _field("high", price)),
    Column("Time", 5, _time, _dim, least=8),
)


def fitting(columns: Sequence[Column], widths: Mapping[Column, int], columns_wide: int) -> list[Column]:
    """The columns that fit side by side. Columns of equal rank are kept or dropped together."""
    kept = list(columns)
    while kept:
        wide = sum(widths[column] for column in kept) + GAP * (len(kept) - 1)
        worst = max(column.rank for column in kept)
        if wide <= columns_wide or worst == 0:
            break
        kept = [column for column in kept if column.rank < worst]
    return kept
