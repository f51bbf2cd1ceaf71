"""Fetches bars from the server's history over HTTP."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import aiohttp
import msgspec

from ticker.client.endpoint import Endpoint
from ticker.errors import ConnectError, RefusedError, StreamError
from ticker.wire.messages import Error

#: A bar in the server's answer: start (ns), open, high, low, close, volume, vwap, trades, whether it is closed. Prices
#: are null for a bar whose trades were all cancelled.
Row = tuple[int, float | None, float | None, float | None, float | None, float, float | None, float | None, bool]


class History(msgspec.Struct, frozen=True):
    """The server's answer: bars, oldest first, and what is to be known about some of them.

    ``incomplete`` has the starts of bars that lack trades, ``revised`` how often closed bars changed, by start, and
    ``splits`` pairs of timestamp (ns) and ratio.
    """

    bars: list[Row]
    incomplete: list[int] = []
    revised: dict[str, int] = {}
    splits: list[tuple[int, float]] = []


async def fetch_bars(
    endpoint: Endpoint,
    symbol: str,
    interval: str,
    start: str | None,
    end: str | None,
    limit: int,
    timeout_s: float,
) -> History:
    """The bars of one symbol, oldest first.

    Raises ``ConnectError`` if the server can't be reached and ``RefusedError`` with the server's message if it refuses.
    """
    query = {"interval": interval, "limit": str(limit)}
    query |= {name: value for name, value in (("start", start), ("end", end)) if value is not None}
    url = endpoint.at(f"/v1/bars/{quote(symbol, safe='')}").update_query(query)
    try:
        async with (
            asyncio.timeout(timeout_s),
            endpoint.session() as session,
            session.get(url, headers=await endpoint.headers()) as response,
        ):
            body = await response.read()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise ConnectError(f"bars of {symbol}: {str(error) or 'no answer in time'}", 1) from error
    try:
        if response.status != 200:
            refusal = msgspec.json.decode(body, type=Error)
            raise RefusedError(refusal.code, refusal.message)
        return msgspec.json.decode(body, type=History)
    except msgspec.DecodeError as error:
        raise StreamError(f"bars of {symbol}: HTTP status {response.status} with a malformed body") from error
