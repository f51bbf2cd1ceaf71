"""What came, as lines for other programs: JSON or CSV. Knows no stream and no file.

A line of an update says what the Python client's ``Update`` says, by the same names: ``symbol``, ``changed``, and every
field that has a value.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

import msgspec

from ticker.cli.failure import printable
from ticker.fields import FIELDS

_TICK_FIELDS: Final = {
    "trades": ("ts", "price", "size", "lost"),
    "quotes": ("ts", "bid", "bid_size", "ask", "ask_size", "lost"),
}


class Update(Protocol):
    """What the client gives on the channel `ticker`."""

    symbol: str
    values: Mapping[str, Any]
    changed: Mapping[str, Any]
    removed: bool


class Tick(Protocol):
    """What it gives on `trades` and `quotes`; the fields are in ``_TICK_FIELDS``."""

    @property
    def symbol(self) -> str: ...

    @property
    def lost(self) -> int: ...


class JsonLines:
    """One object a line.

    An update: ``{"symbol": "AAPL", "changed": {"last": 189.23, "ts": …}, "last": 189.23, "bid": …, …}``, and
    ``"removed": true`` if the symbol is gone. A tick: its fields, and ``lost`` if some were lost just before it.
    """

    header = b""

    def update(self, update: Update) -> bytes:
        fields: dict[str, Any] = {"symbol": update.symbol, "changed": dict(update.changed)}
        if update.removed:
            fields["removed"] = True
        return self._line({**fields, **update.values})

    def tick(self, channel: str, tick: Tick) -> bytes:
        fields = {"symbol": tick.symbol, **{name: _whole(getattr(tick, name)) for name in _TICK_FIELDS[channel]}}
        if not tick.lost:
            del fields["lost"]
        return self._line(fields)

    def _line(self, fields: dict[str, Any]) -> bytes:
        return msgspec.json.encode(fields) + b"\n"


class CsvLines:
    """A header, then a row an update with every field as it is now, or a row a tick. What has no value is empty."""

    def __init__(self, channel: str) -> None:
        self.header = self._line(["symbol", *_TICK_FIELDS.get(channel, FIELDS)])

    def update(self, update: Update) -> bytes:
        return self._line([printable(update.symbol), *(update.values.get(name) for name in FIELDS)])

    def tick(self, channel: str, tick: Tick) -> bytes:
        return self._line([printable(tick.symbol), *(_whole(getattr(tick, name)) for name in _TICK_FIELDS[channel])])

    def _line(self, cells: Iterable[object]) -> bytes:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(cells)
        return out.getvalue().encode()


def _whole(value: Any) -> Any:
    """A whole number without a point, as updates have it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Lines = JsonLines | CsvLines


def lines(output: str, channel: str) -> Lines:
    """The form called ``jsonl`` or ``csv``."""
    return CsvLines(channel) if output == "csv" else JsonLines()
