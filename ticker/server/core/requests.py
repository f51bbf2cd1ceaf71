"""What handlers read from a request: the client's identity, query parameters and the body."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import unquote_plus

import msgspec
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from ticker.auth.identity import ANYONE, Identity
from ticker.server.core.address import is_loopback
from ticker.server.core.responses import HttpError, bad_argument
from ticker.wire.codec import malformed
from ticker.wire.messages import Since
from ticker.wire.type_fault import type_fault

#: How long an application waits for a request's body, in seconds.
BODY_TIMEOUT_S: Final = web.AppKey("body_timeout_s", float)
#: The client's identity. Requests to public routes have none without valid credentials.
IDENTITY: Final = web.RequestKey("ticker.identity", Identity)
M = TypeVar("M", bound=msgspec.Struct)


def is_operator(request: web.Request) -> bool:
    """Whether the client is an admin or, without authentication, on this machine and not behind a proxy."""
    identity = request[IDENTITY]
    if identity is not ANYONE:
        return identity.may.admin
    forwarded = hdrs.X_FORWARDED_FOR in request.headers or hdrs.FORWARDED in request.headers
    return is_loopback(request.remote or "") and not forwarded


def require_operator(request: web.Request, what: str) -> None:
    """Raises ``HttpError`` unless ``is_operator``."""
    if not is_operator(request):
        text = f"{what} needs a key with --admin, or localhost on a server without authentication"
        raise HttpError(403, "not-entitled", text)


def read_query(request: web.Request, kind: type[M]) -> M:
    """Read the parameters of a request as a message. Unknown ones are ignored."""
    given = {}
    for field in msgspec.structs.fields(kind):
        text = request.query.get(field.encode_name)
        if text is not None:
            try:
                given[field.name] = msgspec.convert(text, field.type, strict=False)
            except msgspec.ValidationError:
                raise bad_argument(field.encode_name, f"{text!r:.40} is not a valid value") from None
    return kind(**given)


def requested_symbols(request: web.Request, known: Callable[[str], bool]) -> list[str]:
    """The symbols of ``symbols=AAPL,MSFT`` and ``symbol=AAPL``, which may be repeated; ``symbol`` is never split.

    In ``symbols`` a percent-encoded comma belongs to a symbol. Many libraries encode every comma, so if all commas of a
    value are encoded, it is one symbol if that is ``known``, and otherwise a list.
    """
    names: list[str] = []
    for part in request.rel_url.raw_query_string.split("&"):
        key, _, value = part.partition("=")
        match unquote_plus(key):
            case "symbol":
                names.append(unquote_plus(value))
            case "symbols":
                given = [unquote_plus(each) for each in value.split(",")]
                names += given if len(given) > 1 or known(given[0]) else given[0].split(",")
    return [name for name in names if name]


def requested_position(request: web.Request) -> Since | None:
    """Where to resume: ``Last-Event-ID``, which browsers send by themselves, or the ``epoch`` and ``since`` parameters.

    An unreadable ``Last-Event-ID`` is another server's and ignored.
    """
    last = request.headers.get(hdrs.LAST_EVENT_ID, "")
    if last:
        epoch, _, version = last.rpartition("-")
    elif "epoch" in request.query and "since" in request.query:
        epoch, version = request.query["epoch"], request.query["since"]
    else:
        return None
    if version.isascii() and version.isdigit() and len(version) < 20:
        return Since(epoch=epoch, version=int(version))
    if last:
        return None
    raise bad_argument("since", f"must be a version, not {version!r:.40}")


def requested_number(request: web.Request, name: str) -> float | None:
    """A parameter that is a number; None without it."""
    if name not in request.query:
        return None
    try:
        return float(request.query[name])
    except ValueError:
        raise bad_argument(name, f"must be a number, not {request.query[name]!r:.40}") from None


def requested_flag(request: web.Request, name: str) -> bool | None:
    """A parameter that is ``true`` or ``false``; None without it."""
    text = request.query.get(name)
    if text not in (None, "true", "false", "1", "0"):
        raise bad_argument(name, f"must be true or false, not {text!r:.40}")
    return None if text is None else text in ("true", "1")


async def read_json(request: web.Request, limit: int) -> bytes:
    """Read the body of an ``application/json`` request, at most ``limit`` bytes.

    Browsers don't let a page of another site send that content type without the server's consent.
    """
    if request.content_type != "application/json":
        raise HttpError(415, "json-needed", "send the body as application/json")
    body, timeout_s = b"", request.config_dict.get(BODY_TIMEOUT_S, 10.0)
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise HttpError(413, "too-large", f"the body exceeds {limit} bytes")
    except TimeoutError:
        raise HttpError(408, "malformed", f"the body did not arrive within {timeout_s:g} s") from None
    except (HttpProcessingError, web.RequestPayloadError):
        raise HttpError(400, "malformed", "the body does not match the headers") from None
    return body


async def read_message(request: web.Request, kind: type[M], limit: int) -> M:
    """Read a JSON object of at most ``limit`` bytes as a message."""
    body = await read_json(request, limit)
    try:
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.ValidationError:
            fault = type_fault(msgspec.json.decode(body), kind)
            raise HttpError(400, "bad-argument", fault or "a value is invalid") from None
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise HttpError(400, "malformed", f"the body is not a JSON object: {malformed(error)}") from None
