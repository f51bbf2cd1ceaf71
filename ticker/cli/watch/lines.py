"""Updates and ticks as lines of JSON or CSV for other programs.

An update has the names of the Python client's ``Update``: ``symbol``, ``changed``, and every field with a value.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from ticker.cli.failure import printable
from ticker.client.protocol.symbol_view import Update
from ticker.client.protocol.ticks import Quote, Trade
from ticker.fields import FIELDS

_TICK_FIELDS: Final = {
    "trades": ("ts", "price", "size", "lost", "conditions", "id", "change"),
    "quotes": ("ts", "bid", "bid_size", "ask", "ask_size", "lost"),
}
#: Fields of a tick that JSON omits without a value.
_IF_ANY: Final = frozenset({"lost", "conditions", "id", "change"})
#: How a cell begins that spreadsheets take for a formula, in either width. Source: OWASP, "CSV Injection". Some take
#: semicolons for separators, too.
_FORMULA: Final = re.compile(r"(^|;)(?=[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")


class JsonLines:
    """One object per line.

    An update: ``{"symbol": "AAPL", "changed": {"last": 189.23, "ts": …}, "last": 189.23, "bid": …, …}``, and
    ``"removed": true`` for a removed symbol. A tick: its fields, of ``lost``, ``conditions``, ``id`` and ``change``
    only those that have a value.
    """

    header = b""

    def update(self, update: Update) -> bytes:
        fields: dict[str, Any] = {"symbol": update.symbol, "changed": dict(update.changed)}
        if update.removed:
            fields["removed"] = True
        return self._line({**fields, **update.values})

    def tick(self, channel: str, tick: Trade | Quote) -> bytes:
        fields = {"symbol": tick.symbol, **{name: _whole(getattr(tick, name)) for name in _TICK_FIELDS[channel]}}
        return self._line({name: value for name, value in fields.items() if value or name not in _IF_ANY})

    def _line(self, fields: dict[str, Any]) -> bytes:
        return msgspec.json.encode(fields) + b"\n"


class CsvLines:
    """A header, then one row per update with all current values, or one row per tick. Missing values are empty.

    The rows are for spreadsheets: a text that would be a formula there begins with a quote. Numbers stay numbers. JSON
    lines and recordings have texts as they are.
    """

    def __init__(self, channel: str) -> None:
        self.header = self._line(["symbol", *_TICK_FIELDS.get(channel, FIELDS)])

    def update(self, update: Update) -> bytes:
        return self._line([_text(update.symbol), *(update.values.get(name) for name in FIELDS)])

    def tick(self, channel: str, tick: Trade | Quote) -> bytes:
        return self._line([_text(tick.symbol), *(_cell(name, getattr(tick, name)) for name in _TICK_FIELDS[channel])])

    def _line(self, cells: Iterable[object]) -> bytes:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(cells)
        return out.getvalue().encode()


def _cell(name: str, value: Any) -> Any:
    """Conditions separated by blanks; empty if there is no id or change."""
    if name == "conditions":
        return _text(" ".join(value))
    return (value or "") if name in ("id", "change") else _whole(value)


def _text(text: str) -> str:
    """A cell of text, without control characters, that no spreadsheet evaluates."""
    return printable(_FORMULA.sub(r"\1'", text))


def _whole(value: Any) -> Any:
    """Whole numbers as integers, as in updates."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Lines = JsonLines | CsvLines


def lines(output: str, channel: str) -> Lines:
    """The format ``jsonl`` or ``csv``."""
    return CsvLines(channel) if output == "csv" else JsonLines()
