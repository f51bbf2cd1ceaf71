"""Where the server is: the endpoint's address out of what people write."""

from __future__ import annotations

from yarl import URL


def stream_url(url: str) -> URL:
    """The endpoint's address out of what people write: any of ws, wss, http, https or none, with or without a path.

    Without a path it is ``/v1/stream``. Raises ``ValueError`` for what can't be an address.
    """
    given = URL(url if "://" in url else f"ws://{url}")
    scheme = {"ws": "ws", "http": "ws", "wss": "wss", "https": "wss"}.get(given.scheme)
    if scheme is None or not given.host:
        raise ValueError(f"{url!r} is not the address of a server; it looks like ws://127.0.0.1:8000")
    given = given.with_scheme(scheme).with_fragment(None)
    return given if given.path.strip("/") else given.with_path("/v1/stream", keep_query=True)


def public_url(address: URL) -> str:
    """The address as it may stand in a log: without credentials, and without a query, which may hold a token."""
    return str(address.with_user(None).with_query(None))
