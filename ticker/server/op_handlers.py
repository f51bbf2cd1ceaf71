"""What answers clients about anything but prices, and what of it outlives the server: put together."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from ticker.alerts.op_handler import AlertHandler
from ticker.auth.authenticator import Authenticator
from ticker.hub.hub import Hub
from ticker.rooms.op_handler import RoomHandler
from ticker.server.core.settings import Settings
from ticker.server.core.webhooks import Webhooks
from ticker.server.state import State
from ticker.wire.messages import Fired


class Desks:
    """``alerts`` and ``rooms`` are desks of the hub's, and ``alerts`` is its observer: ``watch`` tells it which hub.

    Raises ``StateError`` or ``WebhookError`` for what of the settings can't be used.
    """

    def __init__(self, settings: Settings, auth: Authenticator) -> None:
        url, secret, state = settings.webhook, settings.webhook_secret, settings.state
        self.webhooks = None if url is None or secret is None else Webhooks(url, secret)
        self._state = None if state is None else State(state, webhooks=self.webhooks is not None)
        #: How many alerts have fired.
        self.fired = 0
        self._check: Callable[[], None] = lambda: None
        kept = self._state
        self.alerts = AlertHandler(None if kept is None else kept.alerts, fired=self._on_fired, may=auth.may)
        self.rooms = RoomHandler(None if kept is None else kept.rooms)

    def watch(self, hub: Hub) -> None:
        """Go on with the alerts there are. Raises ``StateError``."""
        self.alerts.watch(hub)

    def start(self, check: Callable[[], None]) -> None:
        """On the running event loop. ``check`` is called when there may be something to send."""
        self._check = check
        kept = self._state
        if self.webhooks is not None:
            # What fires is numbered from the beginning by each process that keeps nothing.
            instance = secrets.token_hex(8) if kept is None else kept.instance
            self.webhooks.start(instance, None if kept is None else kept.outbox)
        if kept is not None:
            kept.start()

    async def stop(self, within_s: float) -> None:
        """When nobody is connected any more: what there is is written, as far as that goes in time."""
        if self.webhooks is not None:
            await self.webhooks.stop()
        if self._state is not None:
            await self._state.close(within_s)

    def problems(self) -> list[str]:
        """What is wrong, in words."""
        return [] if self._state is None else self._state.problems()

    def _on_fired(self, owner: str, fired: Fired) -> None:
        self.fired += 1
        if self.webhooks is not None:
            self.webhooks.fired(owner, fired)
        # Those who aren't ready for it are looked at again.
        asyncio.get_running_loop().call_soon(self._check)
