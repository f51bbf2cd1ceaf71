"""Creates the hub's op handlers, alerts and rooms, with what stores them and the webhooks that alerts send."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Final

from ticker.alerts.op_handler import AlertHandler
from ticker.auth.authenticator import Authenticator
from ticker.rooms.op_handler import RoomHandler
from ticker.server.core.settings import Settings
from ticker.server.core.webhooks import Webhooks
from ticker.server.state import State
from ticker.wire.messages import Fired

log = logging.getLogger("ticker.server")

#: How often alerts may expire.
EXPIRE_S: Final = 600.0


class OpHandlers:
    """Raises ``StateError`` or ``WebhookError`` for invalid settings."""

    def __init__(self, settings: Settings, auth: Authenticator) -> None:
        url, secret, folder = settings.webhook, settings.webhook_secret, settings.state
        self.webhooks = None if url is None or secret is None else Webhooks(url, secret, source_of=self._source_of)
        state = self._state = None if folder is None else State(folder, webhooks=self.webhooks is not None)
        #: How many alerts have fired.
        self.fired = 0
        self._check: Callable[[], None] = lambda: None
        self._timer: asyncio.TimerHandle | None = None
        #: The event loop's time up to which the alerts have advanced.
        self._advanced_s = 0.0
        self.alerts = AlertHandler(
            None if state is None else state.alerts,
            fired=self._on_fired,
            may=auth.may,
            days=settings.limits.alert_days,
            keeps=auth.has_key,
        )
        self.rooms = RoomHandler(None if state is None else state.rooms)

    def start(self, check: Callable[[], None]) -> None:
        """Start on the running event loop. ``check`` is called when clients may have to be polled."""
        self._check = check
        self._advanced_s = asyncio.get_running_loop().time()
        self._wait()
        state = self._state
        if self.webhooks is not None and state is not None:
            # Before the state's thread starts to use the file.
            self.webhooks.start(state.instance, state.outbox.undelivered(), state.outbox.settled)
        elif self.webhooks is not None:
            # Without storage, sequence numbers start again with each process.
            self.webhooks.start(secrets.token_hex(8))
        if state is not None:
            state.start()

    async def stop(self, within_s: float) -> None:
        """Stop after the last client has disconnected, and write what is left for at most this long."""
        if self._timer is not None:
            self._timer.cancel()
            self._advance(store=True)
        if self.webhooks is not None:
            await self.webhooks.stop()
        if self._state is not None:
            await self._state.close(within_s)

    def _source_of(self, owner: str) -> str:
        known = self.alerts.owners.get(owner)
        return owner if known is None else known.source or owner

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(EXPIRE_S, self._on_timer)

    def _on_timer(self) -> None:
        self._wait()
        self._advance()

    def _advance(self, *, store: bool = False) -> None:
        before_s, self._advanced_s = self._advanced_s, asyncio.get_running_loop().time()
        expired = self.alerts.advance(int(1e9 * (self._advanced_s - before_s)), store=store)
        if expired:
            log.info("%d alerts expired: their owners did not connect for too long (--alert-expiry)", expired)

    def problems(self) -> list[str]:
        return [] if self._state is None else self._state.problems()

    def _on_fired(self, owner: str, fired: Fired) -> None:
        self.fired += 1
        if self.webhooks is not None:
            self.webhooks.fired(owner, fired)
        asyncio.get_running_loop().call_soon(self._check)
