"""Asks a server something over HTTP, once, for a command that needs no more. Knows no command."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from ticker.cli.failure import Failure, no_server, printable

if TYPE_CHECKING:
    from ssl import SSLContext


def ask(
    url: str,
    path: str,
    body: dict[str, object] | None = None,
    key: str | None = None,
    ssl: SSLContext | None = None,
    *,
    has: AbstractSet[str],
    within_s: float = 10.0,
    start: str = "ticker serve",
) -> dict[str, Any]:
    """The server's answer, an object that ``has`` these keys; with a ``body`` it is a POST. Raises ``Failure``.

    ``start`` is the command that would start such a server.
    """
    from urllib.error import HTTPError, URLError
    from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

    address = _address(url, path)
    data = None if body is None else json.dumps(body, allow_nan=False).encode()
    headers = {"Content-Type": "application/json"} | ({} if key is None else {"Authorization": f"Bearer {key}"})
    request = Request(address, data, headers)  # noqa: S310 - http or https: see _address
    # A proxy of the environment is for the internet, and not for one's own server.
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=ssl))
    try:
        with opener.open(request, timeout=within_s) as response:
            answer = json.load(response)
    except HTTPError as error:
        raise Failure(_complaint(error.code, error.read())) from error
    except (URLError, OSError) as error:
        reason = error.reason if isinstance(error, URLError) and isinstance(error.reason, OSError) else error
        raise no_server(url, reason, f"start one with `{start}`") from error
    except ValueError:
        raise Failure(f"what answers at {url} is no ticker server") from None
    if not isinstance(answer, dict) or not has <= answer.keys():
        raise Failure(f"what answers at {url} is no ticker server")
    return answer


def _address(url: str, path: str) -> str:
    """Of the server's HTTP side, out of what people write: any of ws, wss, http, https or none."""
    from urllib.parse import urlsplit

    try:
        given = urlsplit(url if "://" in url else f"http://{url}")
        scheme = {"ws": "http", "http": "http", "wss": "https", "https": "https"}.get(given.scheme)
        if scheme is None or not given.hostname or (given.port is not None and given.port < 1):
            raise ValueError(url)
    except ValueError:
        raise Failure(f"--url: {url!r} is no address of a server; say http://127.0.0.1:8000") from None
    base = given.path.removesuffix("/v1/stream").rstrip("/")
    return f"{scheme}://{given.netloc}{base}{path}"


def _complaint(status: int, body: bytes) -> str:
    """What the server says is wrong, or that it says nothing."""
    try:
        told = json.loads(body)
        return printable(str(told["message"]))
    except (ValueError, TypeError, KeyError):
        return f"the server answers with HTTP status {status}"
