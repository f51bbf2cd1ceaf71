"""The base address of a server, to which the paths of the protocol are appended."""

from __future__ import annotations

from typing import Final

STREAM: Final = "/v1/stream"
#: The endpoints that carry a session: an address may name one of them instead of the server.
_SESSIONS: Final = (STREAM, "/v1/events", "/v1/poll")


def base_path(path: str) -> str:
    """The path of a server's base address, without a slash at its end: ``/prices`` of ``/prices/v1/stream``.

    A proxy may serve ticker below a prefix, so any path is a base address, unless it ends in an endpoint.
    """
    path = path.rstrip("/")
    for each in _SESSIONS:
        if path.endswith(each):
            return path.removesuffix(each).rstrip("/")
    return path
