"""Webhooks: sends fired alerts to the operator's URL as signed POSTs, retried for an hour.

The signature is Stripe's scheme (https://docs.stripe.com/webhooks, "Verify webhook signatures manually"): the header
has a timestamp and an HMAC-SHA256 over timestamp, dot and body, which prevents replays. After a lost response or a
crash an event is delivered again, with the same ``event``.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
from aiohttp import hdrs
from yarl import URL

import ticker
from ticker.backoff import Backoff, retry_after_s
from ticker.errors import WebhookError
from ticker.hub.eviction_order import EvictionOrder
from ticker.small_file import read_small_file
from ticker.wire.messages import Fired, Id

log = logging.getLogger("ticker.webhooks")

#: Maximum number of waiting events; beyond it the oldest is dropped of the source of alerts that has most.
MAX_WAITING: Final = 1_000
#: Maximum number of concurrent requests.
CONCURRENCY: Final = 4
TIMEOUT_S: Final = 10.0
GIVE_UP_S: Final = 3_600.0
#: Results of an attempt. ``retried``: it failed and will be repeated; the others are final.
RESULTS: Final = ("delivered", "refused", "expired", "dropped", "retried")
#: Statuses that are worth a retry; others from 300 to 499 are final.
_RETRIED: Final = {408, 425, 429}
#: Shorter secrets can be guessed.
_SECRET_BYTES: Final = 16
#: Lost events are logged at most this often.
_LOG_S: Final = 10.0


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="alert"):
    """The body. ``event`` identifies the event and is the same in every attempt."""

    event: str
    owner: str
    id: Id
    symbol: str
    when: str
    value: float
    ts: int
    seq: int


def event_for(instance: str, owner: str, fired: Fired) -> WebhookEvent:
    """The event for a fired alert. ``fired.seq`` is unique within an ``instance`` and owner."""
    id_ = hashlib.sha256(msgspec.json.encode((instance, owner, fired.seq, fired.ts))).hexdigest()[:32]
    return WebhookEvent(
        event=id_,
        owner=owner,
        id=fired.id,
        symbol=fired.symbol,
        when=fired.when,
        value=fired.value,
        ts=fired.ts,
        seq=fired.seq,
    )


def signature(secret: bytes, body: bytes, now_s: float) -> str:
    """The value of the ``Ticker-Signature`` header."""
    stamp = int(now_s)
    signed = hmac.digest(secret, b"%d.%b" % (stamp, body), hashlib.sha256).hex()
    return f"t={stamp},v1={signed}"


class Webhooks:
    """Sends events after ``start``. ``results`` counts by ``RESULTS``.

    ``source_of`` is what an owner's events count towards when too many wait (see ``EvictionOrder``).

    Raises ``WebhookError`` for an invalid URL or secret.
    """

    def __init__(
        self,
        url: str,
        secret: Path,
        *,
        backoff: Backoff | None = None,
        source_of: Callable[[str], str] = lambda owner: owner,
        time_s: Callable[[], float] = time.time,
    ) -> None:
        self._url = _parse_url(url)
        self._secret = _read_secret(secret)
        self._instance = ""
        self._settled: Callable[[str], None] = lambda _event: None
        self._backoff = backoff or Backoff(initial_s=1.0, maximum_s=300.0)
        self._time_s = time_s
        self._source_of = source_of
        #: The waiting events, each with its source and its task.
        self._waiting: dict[str, tuple[str, asyncio.Task[None]]] = {}
        self._order: EvictionOrder[str] = EvictionOrder()
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._session: aiohttp.ClientSession | None = None
        self._logged_s = float("-inf")
        self.results: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """Number of events not yet delivered."""
        return len(self._waiting)

    def start(
        self,
        instance: str,
        undelivered: Iterable[WebhookEvent] = (),
        settled: Callable[[str], None] = lambda _event: None,
    ) -> None:
        """Start on the running event loop, with the stored events that are ``undelivered``.

        ``instance``: see ``event_for``. ``settled`` is told each event that needs no storing any more.
        """
        self._instance = instance
        self._settled = settled
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            headers={hdrs.USER_AGENT: f"ticker/{ticker.__version__}", hdrs.CONTENT_TYPE: "application/json"},
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        for each in undelivered:
            self._send(each)

    async def stop(self) -> None:
        """Stop sending. Waiting events are lost unless they are stored."""
        tasks = [task for _, task in self._waiting.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def fired(self, owner: str, fired: Fired) -> None:
        """Queue the event for a fired alert."""
        self._send(event_for(self._instance, owner, fired))

    def _send(self, what: WebhookEvent) -> None:
        if what.event in self._waiting:
            return
        while len(self._waiting) >= MAX_WAITING and (dropped := self._order.next()) is not None:
            self._waiting[dropped][1].cancel()
            self._settle(dropped, "dropped", f"more than {MAX_WAITING} are waiting")
        source = self._source_of(what.owner)
        task = asyncio.create_task(self._deliver(what), name=f"webhook {what.event}")
        self._waiting[what.event] = source, task
        self._order.add(source, what.event)
        task.add_done_callback(_report)

    def _settle(self, name: str, result: str, why: str = "") -> None:
        source, _ = self._waiting.pop(name)
        self._order.discard(source, name)
        self.results[result] += 1
        self._settled(name)
        now_s = asyncio.get_running_loop().time()
        if why and now_s - self._logged_s >= _LOG_S:
            self._logged_s = now_s
            log.error("webhook %s to %s: %s: %s", name, self._url.origin(), result, why)

    async def _deliver(self, what: WebhookEvent) -> None:
        loop = asyncio.get_running_loop()
        body = msgspec.json.encode(what)
        deadline_s = loop.time() + GIVE_UP_S
        attempt = 0
        while True:
            async with self._slots:
                status, later_s, why = await self._post(what.event, body)
            if 200 <= status < 300:
                self._settle(what.event, "delivered")
                return
            if 300 <= status < 500 and status not in _RETRIED:
                self._settle(what.event, "refused", why)
                return
            delay_s = max(self._backoff.delay_s(attempt), later_s)
            if loop.time() + delay_s >= deadline_s:
                self._settle(what.event, "expired", why)
                return
            attempt += 1
            self.results["retried"] += 1
            log.debug("webhook %s to %s: %s; retrying in %.1f s", what.event, self._url.origin(), why, delay_s)
            await asyncio.sleep(delay_s)

    async def _post(self, name: str, body: bytes) -> tuple[int, float, str]:
        """The status (0: no response), its ``Retry-After`` in seconds, and a reason for the log."""
        assert self._session is not None
        now_s = self._time_s()
        headers = {"Ticker-Signature": signature(self._secret, body, now_s), "Idempotency-Key": name}
        try:
            # A redirect would send the event where the operator didn't ask for.
            async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                later_s = retry_after_s(response.headers.get(hdrs.RETRY_AFTER, ""), now_s)
                return response.status, later_s, f"HTTP status {response.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # Its text may contain the URL, which may be a secret.
            return 0, 0.0, type(error).__name__


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("%s failed and will not be sent", task.get_name(), exc_info=error)


def _parse_url(url: str) -> URL:
    try:
        found = URL(url)
        if found.scheme not in ("http", "https") or not found.host:
            raise ValueError(url)
        found.origin()
    except ValueError:
        # The URL may be a secret: don't repeat it.
        raise WebhookError("--webhook: must be a URL like https://example.org/hook") from None
    return found


def _read_secret(path: Path) -> bytes:
    try:
        found = read_small_file(path).strip()
    except OSError as error:
        raise WebhookError(f"--webhook-secret: {path}: {error.strerror}") from error
    if len(found) < _SECRET_BYTES:
        raise WebhookError(
            f"--webhook-secret: {path}: must have {_SECRET_BYTES} characters or more; `openssl rand -hex 32` makes 64"
        )
    return found
