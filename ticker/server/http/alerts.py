"""`/v1/alerts`: the operator lists the alerts of all owners, and removes some."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Annotated, Final

import msgspec
from aiohttp import web

from ticker.alerts.alert import Alert
from ticker.alerts.op_handler import AlertHandler
from ticker.alerts.owner import Owner
from ticker.auth.identity import ANYONE
from ticker.server.core.address import limit_key
from ticker.server.core.requests import IDENTITY, read_message, read_query, require_operator
from ticker.server.core.responses import bad_argument, json_response

#: The longest body of a request, in bytes.
MAX_BYTES: Final = 4_096
_Text = Annotated[str, msgspec.Meta(min_length=1)]
#: Owners examined, and alerts removed, between two turns of the event loop.
STEPS: Final = 100
MAX_ROWS: Final = 10_000


class AlertSelection(msgspec.Struct, frozen=True, kw_only=True):
    """Which alerts: those that all given fields match.

    ``owner``   as the list shows it, or as the client gave it
    ``source``  the address or /64 that they count towards
    ``away``    at least this many seconds since the owner was connected
    """

    owner: _Text | None = None
    source: _Text | None = None
    symbol: _Text | None = None
    id: _Text | None = None
    away: Annotated[float, msgspec.Meta(ge=0, le=1e12)] | None = None

    def has(self, alert: Alert) -> bool:
        """Whether the alert matches, if its owner does."""
        return (
            (self.source is None or alert.source == limit_key(self.source))
            and self.symbol in (None, alert.symbol)
            and self.id in (None, str(alert.id))
        )


class AlertQuery(AlertSelection, frozen=True, kw_only=True):
    """The parameters of a GET. ``limit`` is the number of rows."""

    limit: int = 1_000


class AlertCommand(AlertSelection, frozen=True, kw_only=True):
    """The body of a POST. ``all`` stands for no field of the selection."""

    action: str
    all: bool = False


class AlertsEndpoint:
    def __init__(self, alerts: AlertHandler) -> None:
        self._alerts = alerts

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/alerts", self.show), web.post("/v1/alerts", self.command)]

    async def show(self, request: web.Request) -> web.Response:
        require_operator(request, "listing alerts")
        query = read_query(request, AlertQuery)
        if not 0 <= query.limit <= MAX_ROWS:
            raise bad_argument("limit", f"must be from 0 to {MAX_ROWS:,}, not {query.limit}")
        hides = request[IDENTITY] is ANYONE
        rows: list[dict[str, object]] = []
        total = owners = 0
        async for owner, found in self._find(query, hides=hides):
            total, owners = total + len(found), owners + 1
            rows += [self._row(owner, alert, hides=hides) for alert in found[: max(0, query.limit - len(rows))]]
        return json_response({"alerts": rows, "total": total, "owners": owners})

    async def command(self, request: web.Request) -> web.Response:
        require_operator(request, "removing alerts")
        command = await read_message(request, AlertCommand, MAX_BYTES)
        if command.action != "remove":
            raise bad_argument("action", f"must be remove, not {command.action!r:.80}")
        given = any(getattr(command, name) is not None for name in AlertSelection.__struct_fields__)
        if given == command.all:
            raise bad_argument("all", "give owner, source, symbol, id or away; or all for every alert")
        removed = owners = 0
        async for owner, found in self._find(command, hides=request[IDENTITY] is ANYONE):
            owners += 1
            for first in range(0, len(found), STEPS):
                # Only those that are still the same after the last turn.
                same = [each.id for each in found[first : first + STEPS] if owner.alerts.get(each.id) is each]
                removed += self._alerts.remove(owner.name, same)
                await asyncio.sleep(0)
        return json_response({"removed": removed, "owners": owners})

    async def _find(self, selection: AlertSelection, *, hides: bool) -> AsyncIterator[tuple[Owner, list[Alert]]]:
        """The owners that match, each with its alerts that do; prices go first now and then."""
        for number, owner in enumerate(list(self._alerts.owners.values())):
            if number % STEPS == STEPS - 1:
                await asyncio.sleep(0)
            if selection.owner not in (None, owner.name, _shown(owner.name, hides=hides)):
                continue
            if selection.away is not None and (owner.readers or self._away_s(owner) < selection.away):
                continue
            found = [alert for alert in owner.alerts.values() if selection.has(alert)]
            if found:
                yield owner, found

    def _away_s(self, owner: Owner) -> int:
        return 0 if owner.readers else (self._alerts.ran_ns - owner.seen_ns) // 1_000_000_000

    def _row(self, owner: Owner, alert: Alert, *, hides: bool) -> dict[str, object]:
        return {
            "owner": _shown(owner.name, hides=hides),
            "source": alert.source or None,
            "connected": bool(owner.readers),
            # Seconds of the running server.
            "away": self._away_s(owner),
            "id": alert.id,
            "symbol": alert.symbol,
            "when": str(alert.condition),
            "once": alert.once,
            "state": alert.state,
            "count": alert.count,
        }


def _shown(owner: str, *, hides: bool) -> str:
    """The owner as operators see it. Without authentication it is a secret: its hash is enough to tell them apart."""
    return "#" + hashlib.sha256(owner.encode(errors="surrogatepass")).hexdigest()[:12] if hides else owner
