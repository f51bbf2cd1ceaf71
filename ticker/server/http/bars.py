"""`GET /v1/bars/{symbol}`: bars of one symbol and interval, as JSON or CSV. What they are is the hub's matter."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Final, Literal
from urllib.parse import quote

import msgspec
from aiohttp import web

from ticker.auth.identity import identity
from ticker.hub.hub import Hub
from ticker.market.bar_store import INTERVALS
from ticker.model import is_symbol
from ticker.server.core.responses import json_response, paced, refusal
from ticker.timeparse import moment_ns
from ticker.wire.codec import plain

DEFAULT_LIMIT: Final = 500
#: More than is kept of any interval.
MAX_LIMIT: Final = 15_000
COLUMNS: Final = ("start", "open", "high", "low", "close", "volume", "vwap", "trades", "closed")

_DATED: Final = re.compile(r"\d{4}-")

Bar = tuple[int, float, float, float, float, float, float | None, float | None, bool]


class _Query(msgspec.Struct, frozen=True, kw_only=True):
    interval: str = "1m"
    start: int | None = None
    end: int | None = None
    limit: int = DEFAULT_LIMIT
    format: Literal["json", "csv"] = "json"


class BarsEndpoint:
    """The handler."""

    def __init__(self, hub: Hub, full: Callable[[], web.Response | None] = lambda: None) -> None:
        """``full``: what is answered instead, while there is no memory for many bars."""
        self._hub = hub
        self._full = full

    def routes(self) -> list[web.RouteDef]:
        # A name may have a slash in it: BTC/USD.
        return [web.get("/v1/bars/{symbol:.+}", self.bars)]

    async def bars(self, request: web.Request) -> web.Response:
        if (response := self._full()) is not None:
            return response
        name, may = request.match_info["symbol"], identity(request).may
        if "bars" not in may.channels or not may.symbol(name):
            return refusal(403, "not-entitled", "your key or token is not for the bars of this symbol")
        row = self._hub.row(name) if is_symbol(name) else None
        if row is None:
            return refusal(404, "unknown-symbol", f"there is no symbol {name!r:.80}; /v1/symbols has them all")
        try:
            query = _query(dict(request.query))
        except ValueError as error:
            return refusal(400, "bad-argument", str(error))
        await paced(may, self._hub.limits.rates)
        self._hub.settle()
        starts, values, closed = self._hub.bars.history(row, query.interval, query.start, query.end, query.limit)
        bars = [
            (start, *map(plain, bar), over)
            for start, bar, over in zip(starts.tolist(), values.tolist(), closed.tolist(), strict=True)
        ]
        if query.format == "csv":
            return _as_csv(name, query.interval, bars)
        body = {
            "symbol": name,
            "interval": query.interval,
            "epoch": self._hub.board.epoch,
            # The number of the last closed bar: who subscribes with it as ``since`` misses none.
            "version": self._hub.bars.tapes[query.interval].head,
            "bars": bars,
        }
        return json_response(body)


def _query(given: dict[str, str]) -> _Query:
    """Raises ``ValueError``, with the name of what is wrong first."""
    values: dict[str, object] = {name: given[name] for name in ("interval", "format") if name in given}
    for name in ("start", "end"):
        if name in given:
            values[name] = _moment(name, given[name])
    if "limit" in given:
        text = given["limit"]
        if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MAX_LIMIT):
            raise ValueError(f"limit: must be from 1 to {MAX_LIMIT:,}, not {text!r:.40}")
        values["limit"] = int(text)
    query = _Query(**values)  # type: ignore[arg-type]  # checked below
    if query.interval not in INTERVALS:
        raise ValueError(f"interval: there are {', '.join(INTERVALS)}, not {query.interval!r:.40}")
    if query.format not in ("json", "csv"):
        raise ValueError(f"format: there are json and csv, not {query.format!r:.40}")
    return query


def _moment(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 19:
        return int(text)
    try:
        if not _DATED.match(text):
            raise ValueError(text)  # a time of day alone would need a day
        # A plus sign that wasn't encoded comes as a blank.
        return moment_ns(text.replace(" 0", "+0") if "T" in text else text, 0, "UTC")
    except ValueError:
        raise ValueError(f"{name}: say nanoseconds since 1970, or 2024-01-03T10:30:00Z, not {text!r:.40}") from None


def _as_csv(name: str, interval: str, bars: list[Bar]) -> web.Response:
    """A header and a row a bar; starts in ns, so that nothing is lost, and empty fields for what isn't known."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((*bar[:-1], str(bar[-1]).lower()) for bar in bars)
    headers = {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}-{interval}.csv",
    }
    return web.Response(text=out.getvalue(), content_type="text/csv", headers=headers)
