"""Bars that are over, fetched over HTTP. Knows no stream and no pandas."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from ticker.client.access import Access
from ticker.client.transports.dialer import beside
from ticker.errors import ConnectError, RefusedError, StreamError

#: A bar as the server tells it: start (ns), open, high, low, close, volume, vwap, trades, whether it is closed.
Row = tuple[int, float, float, float, float, float, float | None, float | None, bool]


class _Answer(msgspec.Struct):
    bars: list[Row]


class _Refusal(msgspec.Struct):
    code: str = ""
    message: str = ""


async def fetch_bars(
    stream: URL,
    access: Access,
    symbol: str,
    interval: str,
    start: str | None,
    end: str | None,
    limit: int,
    timeout_s: float,
) -> list[Row]:
    """The bars of one symbol, the oldest first, from the server whose stream is at ``stream``.

    Raises ``ConnectError`` if it can't be reached, ``RefusedError`` with its words if it refuses.
    """
    query = {"interval": interval, "limit": str(limit)}
    query |= {name: value for name, value in (("start", start), ("end", end)) if value is not None}
    url = beside(stream, f"bars/{quote(symbol, safe='')}").update_query(query)
    try:
        async with (
            asyncio.timeout(timeout_s),
            aiohttp.ClientSession(trust_env=True) as session,
            session.get(url, headers=await access.headers(), ssl=access.ssl or True) as response,
        ):
            body = await response.read()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise ConnectError(f"the bars of {symbol} can't be had: {str(error) or 'no answer in time'}", 1) from error
    try:
        if response.status != 200:
            refusal = msgspec.json.decode(body, type=_Refusal)
            raise RefusedError(refusal.code or f"http-{response.status}", refusal.message or response.reason or "")
        return msgspec.json.decode(body, type=_Answer).bars
    except msgspec.DecodeError as error:
        raise StreamError(f"the bars of {symbol}: status {response.status}, and no answer that can be read") from error
