"""The server that a client connects to: its address, the client's credentials, and the TLS and proxy settings.

Streams and requests for history share one ``Endpoint``, so they take the same way. Credentials never appear in a log.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from yarl import URL

import ticker
from ticker.wire.addresses import STREAM, base_path

if TYPE_CHECKING:
    from ssl import SSLContext

    import aiohttp

#: An API key or token, or a function that returns the current one.
Key = str | Callable[[], str | Awaitable[str]]


class Endpoint:
    """Where the stream is, and how to get there.

    The scheme of ``url`` is ws, wss, http, https or missing. A path is the prefix of the server's paths, unless it ends
    in ``/v1/stream``. ``ssl`` replaces the system's trusted certificates. Raises ``ValueError`` for a malformed
    address.
    """

    def __init__(self, url: str, key: Key | None = None, ssl: SSLContext | None = None) -> None:
        given = URL(url if "://" in url else f"ws://{url}")
        scheme = {"ws": "http", "http": "http", "wss": "https", "https": "https"}.get(given.scheme)
        if scheme is None or not given.host:
            raise ValueError(f"{url!r} is not a server's address; an example is ws://127.0.0.1:8000")
        self._base = base_path(given.raw_path)
        #: The stream's address, as http or https.
        self.url = (
            given.with_scheme(scheme).with_fragment(None).with_path(self._base + STREAM, encoded=True, keep_query=True)
        )
        #: The address as it was given, for people: without credentials, and without the query, which may hold a token.
        self.given = str(given.with_user(None).with_query(None).with_fragment(None))
        if "://" not in url:
            self.given = self.given.removeprefix("ws://")
        self.key = key
        self._ssl = ssl

    @property
    def name(self) -> str:
        """The stream's address for logs: without credentials and query."""
        scheme = "wss" if self.url.scheme == "https" else "ws"
        return str(self.url.with_scheme(scheme).with_user(None).with_query(None))

    def at(self, path: str) -> URL:
        """The address of another path of the server, percent-encoded: ``/v1/poll``, ``/healthz``."""
        return self.url.with_path(self._base + path, encoded=True, keep_query=False)

    async def headers(self) -> dict[str, str]:
        """The headers that authenticate one request. Calls the user's key function, and raises what it raises.

        Raises ``ValueError`` for a malformed key.
        """
        key = self.key() if callable(self.key) else self.key
        if inspect.isawaitable(key):
            key = await key
        if key is None:
            return {}
        key = key.strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("the key is empty or contains characters that are not allowed in a key")
        return {"Authorization": f"Bearer {key}"}

    def session(self) -> aiohttp.ClientSession:
        """A session for all requests to this server."""
        import aiohttp  # takes 0.2 s, so it is not imported before a client connects

        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._ssl or True),
            proxy=self._proxy(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            headers={"User-Agent": f"ticker/{ticker.__version__}"},
        )

    def _proxy(self) -> str | None:
        """The proxy that ``http_proxy`` or ``https_proxy`` names, unless ``no_proxy`` lists the host or it is local."""
        from urllib.request import getproxies, proxy_bypass

        host = self.url.host or ""
        if _is_loopback(host) or proxy_bypass(host):
            return None
        return getproxies().get(self.url.scheme)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
