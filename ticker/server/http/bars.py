"""`GET /v1/bars/{symbol}`: bars of one symbol and interval, as JSON or CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection
from typing import Any, Final
from urllib.parse import quote

import numpy as np
from aiohttp import web

from ticker.hub.hub import Hub
from ticker.intervals import KEPT, Interval
from ticker.intervals import interval as parsed_interval
from ticker.model import is_symbol
from ticker.server.core.requests import IDENTITY
from ticker.server.core.responses import NO_STORE, HttpError, argument, bad_argument, json_response, wait_for_beat
from ticker.timeparse import moment_ns
from ticker.wire.codec import plain

DEFAULT_LIMIT: Final = 500
#: More than is kept of any interval.
MAX_LIMIT: Final = 15_000
COLUMNS: Final = (
    "start", "open", "high", "low", "close", "volume", "vwap", "trades", "closed", "revision", "incomplete",
)  # fmt: skip

_DATED: Final = re.compile(r"\d{4}-")


class BarsEndpoint:
    """``check_memory`` raises ``HttpError`` while the server can't afford large responses."""

    def __init__(self, hub: Hub, check_memory: Callable[[], None]) -> None:
        self._hub = hub
        self._check_memory = check_memory

    def routes(self) -> list[web.RouteDef]:
        # A symbol may contain slashes: BTC/USD.
        return [web.get("/v1/bars/{symbol:.+}", self.bars)]

    async def bars(self, request: web.Request) -> web.Response:
        self._check_memory()
        name, may, query = request.match_info["symbol"], request[IDENTITY].may, request.query
        if "bars" not in may.channels or not may.symbol(name):
            raise HttpError(403, "not-entitled", "your key or token is not entitled to bars of this symbol")
        row = self._hub.row(name) if is_symbol(name) else None
        if row is None:
            raise HttpError(404, "unknown-symbol", f"unknown symbol {name!r:.80}; /v1/symbols lists all")
        with argument("interval"):
            interval = parsed_interval(query.get("interval", "1m"))
        start, end = _time("start", query.get("start")), _time("end", query.get("end"))
        limit = _limit(query.get("limit", str(DEFAULT_LIMIT)))
        format_ = _choice("format", query.get("format", "json"), ("json", "csv"))
        await wait_for_beat(may, self._hub.limits.rates)
        self._hub.apply_pending()
        starts, values, closed, revisions, incomplete = self._hub.bars.history(row, interval, start, end, limit)
        bars = [
            (start, *map(plain, bar), is_closed)
            for start, bar, is_closed in zip(starts.tolist(), values.tolist(), closed.tolist(), strict=True)
        ]
        if format_ == "csv":
            return _csv_response(name, interval, bars, revisions.tolist(), incomplete.tolist())
        splits = [
            (ts, ratio)
            for ts, ratio in self._hub.bars.splits(row)
            if len(starts) and ts >= starts[0] and (end is None or ts < end)
        ]
        marks: dict[str, Any] = {
            "incomplete": starts[incomplete].tolist(),
            "revised": dict(zip(starts[revisions > 0].tolist(), revisions[revisions > 0].tolist(), strict=True)),
            "splits": splits,
        }
        body = {
            "symbol": name,
            "interval": interval.name,
            "epoch": self._hub.board.epoch,
            "version": self._version(name, row, interval),
            "bars": bars,
            **{key: mark for key, mark in marks.items() if mark},
        }
        return json_response(body)

    def _version(self, name: str, row: int, interval: Interval) -> int:
        """What a subscription needs as ``since`` in order to miss no bar.

        For an interval that is kept: the number of its last closed bar. For another: the end of the symbol's.
        """
        bars = self._hub.bars
        if interval in KEPT:
            return bars.closed[interval.name].head
        # The newest bar may be open.
        starts, _, closed, *_ = bars.history(row, interval, None, None, 2)
        if not closed.any():
            return 0
        return int(self._hub.calendar_of(name).ends(np.array([starts[closed].max()]), interval)[0])


def _choice(name: str, text: str, choices: Collection[str]) -> str:
    if text not in choices:
        raise bad_argument(name, f"must be one of {', '.join(choices)}, not {text!r:.40}")
    return text


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_LIMIT):
        raise bad_argument("limit", f"must be from 1 to {MAX_LIMIT:,}, not {text!r:.40}")
    return int(text)


def _time(name: str, text: str | None) -> int | None:
    if text is None or (text.isascii() and text.isdigit() and len(text) <= 19):
        return None if text is None else int(text)
    try:
        if not _DATED.match(text):
            raise ValueError(text)  # a time of day without a date
        # An unencoded plus sign arrives as a blank.
        return moment_ns(text.replace(" 0", "+0") if "T" in text else text, 0, "UTC")
    except ValueError:
        raise bad_argument(name, f"must be nanoseconds since 1970 or 2024-01-03T10:30:00Z, not {text!r:.40}") from None


def _csv_response(
    name: str, interval: Interval, bars: list[tuple[Any, ...]], revisions: list[int], incomplete: list[bool]
) -> web.Response:
    """A header, and a row per bar: ``start`` in ns, unknown values empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        (*bar[:-1], _flag(bar[-1]), revision, _flag(is_incomplete))
        for bar, revision, is_incomplete in zip(bars, revisions, incomplete, strict=True)
    )
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}-{interval.name}.csv"
    headers = {**NO_STORE, "Content-Disposition": disposition}
    return web.Response(text=out.getvalue(), content_type="text/csv", headers=headers)


def _flag(value: bool) -> str:
    return "true" if value else "false"
