"""The plain HTTP side: health, symbols, snapshots."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import msgspec
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

import ticker
from ticker.auth.entitlements import Entitlements
from ticker.auth.identity import for_everybody, identity, known
from ticker.feed.feed import FeedInfo
from ticker.hub.hub import Hub
from ticker.wire.messages import Error, FeedState, Since

#: The application's: how long a request's body may take, in seconds.
BODY_S: Final = web.AppKey("body_s", float)
#: A response's: the code of the error that it is.
_CODE: Final = web.ResponseKey("ticker.code", str)
M = TypeVar("M", bound=msgspec.Struct)
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class HttpEndpoints:
    """The handlers. ``feed``, ``state`` and ``problems`` are asked for anew with each request.

    ``replays``: there is a /v1/replay. ``problems``: what is wrong with the server itself, in words.
    ``full``: what is answered instead of a snapshot, while there is no memory for one.
    """

    def __init__(
        self,
        hub: Hub,
        feed_name: str,
        feed: Callable[[], FeedInfo],
        state: Callable[[], FeedState],
        *,
        replays: bool = False,
        problems: Callable[[], list[str]] = list,
        full: Callable[[], web.Response | None] = lambda: None,
    ) -> None:
        self._hub = hub
        self._feed_name = feed_name
        self._feed = feed
        self._state = state
        self._replays = replays
        self._problems = problems
        self._full = full
        self._started_s = time.monotonic()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/healthz", self.health),
            web.get("/v1/symbols", self.symbols),
            web.get("/v1/snapshot", self.snapshot),
        ]

    @for_everybody
    async def health(self, request: web.Request) -> web.Response:
        state = self._state()
        hub = self._hub
        status = "degraded" if state.state == "stale" or self._problems() else "ok"
        who = known(request)
        if who is None:
            # For a load balancer, which has no key: the rest is nobody's business.
            return json_response({"status": status})
        body = {
            "status": status,
            "problems": self._problems(),
            "server": f"ticker/{ticker.__version__}",
            "feed": {"name": self._feed_name, "state": state.state, "ts": state.ts, "replay": self._replays},
            "symbols": len(self._visible(who.may)),
            # How many others there are is not for everybody.
            **({"clients": len(hub.sessions)} if who.may.admin else {}),
            "epoch": hub.board.epoch,
            "version": hub.settle().version,
            "uptime_s": round(time.monotonic() - self._started_s, 3),
        }
        return json_response(body)

    async def symbols(self, request: web.Request) -> web.Response:
        info, names = self._feed(), self._visible(identity(request).may)
        body = {"symbols": names, "complete": self._hub.complete, "currency": info.currency}
        return json_response(body)

    def _visible(self, may: Entitlements) -> list[str]:
        return [name for name in self._hub.settle().symbols if may.every_symbol or may.symbol(name)]

    async def snapshot(self, request: web.Request) -> web.Response:
        if (response := self._full()) is not None:
            return response
        wanted = symbols_of(request)
        if not wanted:
            text = "symbols: missing; ask for ?symbols=AAPL,MSFT or ?symbols=*"
            return refusal(400, "no-symbols", text)
        may = identity(request).may
        await paced(may, self._hub.limits.rates)
        return json_response(self._hub.snapshot(wanted, time.time_ns(), may))


async def paced(may: Entitlements, rates: Iterable[float]) -> None:
    """Who may have so many updates a second gets no more by asking anew: wait for its next beat, as on the stream."""
    if may.rate is not None:
        rate_hz = max(rate for rate in rates if rate <= may.rate) or may.rate
        now_s = asyncio.get_running_loop().time()
        await asyncio.sleep((int(now_s * rate_hz) + 1) / rate_hz - now_s)


def json_response(body: object, status: int = 200) -> web.Response:
    """An answer that nobody keeps."""
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json", headers=_HEADERS
    )


def symbols_of(request: web.Request) -> list[str]:
    """The names in the address: ``symbols=AAPL,MSFT``, also repeated."""
    return [name for given in request.query.getall("symbols", []) for name in given.split(",") if name]


def since_of(request: web.Request) -> Since | None:
    """Where the client was: by what a browser says of its own accord (``Last-Event-ID``), or by the address.

    Raises ``ValueError``, with the name of what is wrong first.
    """
    last = request.headers.get(hdrs.LAST_EVENT_ID, "")
    if last:
        epoch, _, version = last.rpartition("-")
    elif "epoch" in request.query and "since" in request.query:
        epoch, version = request.query["epoch"], request.query["since"]
    else:
        return None
    if not (version.isascii() and version.isdigit() and len(version) < 20):
        if last:
            return None  # it is another server's
        raise ValueError(f"since: a version, not {version!r:.40}")
    return Since(epoch=epoch, version=int(version))


async def body_of(request: web.Request, most: int) -> bytes | None:
    """The body, or None if it has more than ``most`` bytes. One that never ends, or is broken, raises its answer."""
    body, within_s = b"", request.config_dict.get(BODY_S, 10.0)
    try:
        async with asyncio.timeout(within_s):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > most:
                    return None
    except TimeoutError:
        raise _answered(web.HTTPRequestTimeout, f"the body did not come within {within_s:g} s") from None
    except (HttpProcessingError, web.RequestPayloadError):
        raise _answered(web.HTTPBadRequest, "the body is not what its headers say") from None
    return body


async def message_of(request: web.Request, kind: type[M], most: int) -> M | web.Response:
    """The body, an object of JSON with at most ``most`` bytes, as a message of a kind; else what to answer."""
    if request.content_type != "application/json":
        return refusal(415, "json-needed", "send the body as application/json")
    body = await body_of(request, most)
    if body is None:
        return refusal(413, "too-large", f"a request has at most {most} bytes")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        # What msgspec says, beginning with the key's name.
        text, _, path = str(error).partition(" - at `$.")
        return refusal(400, "bad-argument", f"{path.rstrip('`')}: {text}" if path else text)
    except (msgspec.DecodeError, RecursionError) as error:
        return refusal(400, "malformed", f"the body is not a JSON object: {error}")


def _answered(kind: type[web.HTTPError], message: str) -> web.HTTPError:
    error = msgspec.json.encode(Error(code="malformed", message=message)).decode()
    answer = kind(text=error, content_type="application/json", headers=_HEADERS)
    answer[_CODE] = "malformed"
    return answer


def refusal(status: int, code: str, message: str) -> web.Response:
    """An HTTP answer that says why not, in the same form as an error on the stream."""
    response = json_response(Error(code=code, message=message), status)
    response[_CODE] = code
    return response


def counts_errors(errors: Counter[str]) -> Middleware:
    """Counts what is answered with an error, by its code."""

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPException as answer:
            _count(errors, answer)
            raise
        _count(errors, response)
        return response

    return count


def _count(errors: Counter[str], response: web.StreamResponse) -> None:
    # What aiohttp answers by itself, as where there is no such path, has no code of ours.
    if (code := response.get(_CODE)) is not None:
        errors[code] += 1
