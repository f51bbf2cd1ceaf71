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


def error_response(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error in the form of an error on the stream."""
    response = json_response(Error(code=code, message=message), status)
    response.headers.update(headers or {})
    return response


def aiohttp_error(status: int, headers: Mapping[str, str]) -> HttpError:
    """What aiohttp answers by itself, as an error of this server. ``headers`` are those of its response."""
    match status:
        case 404:
            return HttpError(404, "unknown-path", "there is nothing at this path")
        case 405:
            allow = headers.get(hdrs.ALLOW, "")
            return HttpError(
                405, "unknown-method", f"this path has the methods {allow.replace(',', ', ')}", {hdrs.ALLOW: allow}
            )
        case 417:
            return HttpError(417, "bad-request", "the only expectation that is known is 100-continue")
        case _ if status < 500:
            return HttpError(status, "bad-request", "the request is not valid HTTP")
    return HttpError(status, "internal", "internal error; the server's log has the details")


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
    """A middleware that answers with raised ``HttpError`` and aiohttp's own errors, and counts them by code."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except HttpError as error:
            failure = error
        except web.HTTPError as error:  # no such path or method
            failure = aiohttp_error(error.status, error.headers)
        counts[failure.code] += 1
        return error_response(failure.status, failure.code, str(failure), failure.headers)

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
