"""What a client shows the server, and what it wants to be shown. Never written into an address or a log."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

#: A key or token; or what gives the one that holds now, asked anew before each connection.
Key = str | Callable[[], str | Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Access:
    """``ssl``: whom to trust, if not those that the system trusts."""

    key: Key | None = field(default=None, repr=False)
    ssl: ssl.SSLContext | None = None

    async def headers(self) -> dict[str, str]:
        """For a request that is sent now. Raises what the user's function raises, and ``ValueError`` for no key."""
        key = self.key() if callable(self.key) else self.key
        if inspect.isawaitable(key):
            key = await key
        if key is None:
            return {}
        key = key.strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("the key is empty, or has characters that no key has")
        return {"Authorization": f"Bearer {key}"}
