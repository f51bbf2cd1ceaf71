"""One HTTP request to a server, for commands that need no stream."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from typing import Any

from ticker.cli.failure import Failure, no_server, printable
from ticker.cli.server import Server
from ticker.wire.addresses import base_path


def fetch(
    server: Server,
    path: str,
    body: dict[str, object] | None = None,
    *,
    has: AbstractSet[str],
    within_s: float = 10.0,
    start: str = "ticker serve",
) -> dict[str, Any]:
    """GET, or POST with a ``body``. Returns the answer, an object that has at least the keys ``has``.

    Raises ``Failure``, which recommends the command ``start`` if there is no server.
    """
    from urllib.error import HTTPError, URLError
    from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

    data = None if body is None else json.dumps(body, allow_nan=False).encode()
    key = {} if server.key is None else {"Authorization": f"Bearer {server.key}"}
    headers = {"Content-Type": "application/json", **key}
    request = Request(_address(server.url, path), data, headers)  # noqa: S310 - http or https: see _address
    # The environment's proxy is for the internet, not for your own server.
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=server.ssl))
    try:
        with opener.open(request, timeout=within_s) as response:
            answer = json.load(response)
    except HTTPError as error:
        raise Failure(_message(error.code, error.read())) from error
    except (URLError, OSError) as error:
        reason = error.reason if isinstance(error, URLError) and isinstance(error.reason, OSError) else error
        raise no_server(_shown(server.url), reason, f"start one with `{start}`") from error
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not has <= answer.keys():
        raise Failure(f"{_shown(server.url)} is not a ticker server")
    return answer


def _address(url: str, path: str) -> str:
    """The HTTP address for an ``url`` with the scheme ws, wss, http, https or none."""
    from urllib.parse import urlsplit

    try:
        given = urlsplit(url if "://" in url else f"http://{url}")
        scheme = {"ws": "http", "http": "http", "wss": "https", "https": "https"}.get(given.scheme)
        if scheme is None or not given.hostname or (given.port is not None and given.port < 1):
            raise ValueError(url)
    except ValueError:
        raise Failure(f"--url: {url!r} is not a server's address; example: http://127.0.0.1:8000") from None
    return f"{scheme}://{given.netloc}{base_path(given.path)}{path}"


def _shown(url: str) -> str:
    """The address without credentials."""
    from ticker.client.endpoint import Endpoint

    return Endpoint(url).given


def _message(status: int, body: bytes) -> str:
    try:
        return printable(str(json.loads(body)["message"]))
    except (ValueError, TypeError, KeyError):
        return f"the server answered with HTTP status {status}"
