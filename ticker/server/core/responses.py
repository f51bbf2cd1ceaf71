"""HTTP responses: JSON bodies, errors, and the headers that every response has."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import msgspec
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from ticker.auth.entitlements import Entitlements
from ticker.wire.messages import Error

#: The ``Server`` header, by which clients recognise a ticker server. It tells no version.
SERVER: Final = "ticker"
#: Headers of responses that must not be cached or taken for another type.
NO_STORE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class HttpError(Exception):
    """An error response. ``answer_errors`` sends it, in the same form as an error on the stream."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}


@contextmanager
def argument(name: str) -> Iterator[None]:
    """Report a ``ValueError`` as an error of the argument ``name``."""
    try:
        yield
    except ValueError as error:
        raise bad_argument(name, str(error)) from None


def bad_argument(name: str, message: str) -> HttpError:
    return HttpError(400, "bad-argument", f"{name}: {message}")


def json_response(body: object, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json", headers=NO_STORE
    )


def answer_errors(counts: Counter[str]) -> Middleware:
    """A middleware that answers with raised ``HttpError`` and counts them by code."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except HttpError as error:
            counts[error.code] += 1
            response = json_response(Error(code=error.code, message=str(error)), error.status)
            response.headers.update(error.headers)
            return response

    return answer


async def name_server(_request: web.Request, response: web.StreamResponse) -> None:
    """An ``on_response_prepare`` signal handler that sets the ``Server`` header."""
    response.headers[hdrs.SERVER] = SERVER


async def wait_for_beat(may: Entitlements, rates: Iterable[float]) -> None:
    """Hold a request back until the next beat of the key's rate, so that polling gets no more than the stream."""
    if may.rate is not None:
        rate_hz = max(rate for rate in rates if rate <= may.rate) or may.rate
        now_s = asyncio.get_running_loop().time()
        await asyncio.sleep((int(now_s * rate_hz) + 1) / rate_hz - now_s)
