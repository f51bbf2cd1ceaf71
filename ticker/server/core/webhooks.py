"""Tells a program of the operator's what alerts fired: signed POSTs, repeated until they are taken or an hour is over.

The signature is Stripe's scheme (https://docs.stripe.com/webhooks, "Verify webhook signatures manually"): the header
has a time and an HMAC-SHA256 over that time, a dot and the body, so that what was sent once can't be sent again later.
An event may come twice, after a lost answer or a crash: then it comes with the same ``event``.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import aiohttp
import msgspec
from aiohttp import hdrs
from yarl import URL

import ticker
from ticker.backoff import Backoff, retry_after_s
from ticker.errors import WebhookError
from ticker.wire.messages import Fired, Id

log = logging.getLogger("ticker.webhooks")

#: So many events wait at most; of more the oldest goes.
WAITING: Final = 1_000
#: So many are on the way at a time.
AT_A_TIME: Final = 4
TIMEOUT_S: Final = 10.0
GIVE_UP_S: Final = 3_600.0
#: What becomes of one. ``retried`` is an attempt that failed and will be repeated; the others are ends.
RESULTS: Final = ("delivered", "refused", "expired", "dropped", "retried")
#: Answers after which the same may well be taken later; others of 300 to 499 are final.
_LATER: Final = {408, 425, 429}
#: What is shorter can be guessed.
_SECRET_BYTES: Final = 16
#: What is lost is logged so often.
_TOLD_S: Final = 10.0


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="alert"):
    """The body: what fired, whose it is, and the name of this event, which is the same however often it comes."""

    event: str
    owner: str
    id: Id
    symbol: str
    when: str
    value: float
    ts: int
    seq: int


def event(instance: str, owner: str, fired: Fired) -> Event:
    """The event of what fired. ``instance``: within what ``fired.seq`` counts for this owner."""
    named = hashlib.sha256(msgspec.json.encode((instance, owner, fired.seq, fired.ts))).hexdigest()[:32]
    return Event(
        event=named,
        owner=owner,
        id=fired.id,
        symbol=fired.symbol,
        when=fired.when,
        value=fired.value,
        ts=fired.ts,
        seq=fired.seq,
    )


def signature(secret: bytes, body: bytes, now_s: float) -> str:
    """The header ``Ticker-Signature``."""
    stamp = int(now_s)
    signed = hmac.digest(secret, b"%d.%b" % (stamp, body), hashlib.sha256).hex()
    return f"t={stamp},v1={signed}"


class Undelivered(Protocol):
    """Where events outlive the server."""

    def undelivered(self) -> list[Event]: ...

    def settled(self, event: str) -> None:
        """This one is done with."""


class _Nowhere:
    def undelivered(self) -> list[Event]:
        return []

    def settled(self, event: str) -> None: ...


class Webhooks:
    """``fired`` may be called once ``start`` was. ``results`` counts by ``RESULTS``.

    Raises ``WebhookError`` for an address or a secret that can't be.
    """

    def __init__(
        self,
        url: str,
        secret: Path,
        *,
        backoff: Backoff | None = None,
        waiting: int = WAITING,
        give_up_s: float = GIVE_UP_S,
        time_s: Callable[[], float] = time.time,
    ) -> None:
        self._url = _address(url)
        self._secret = _secret(secret)
        self._instance = ""
        self._outbox: Undelivered = _Nowhere()
        self._backoff = backoff or Backoff(initial_s=1.0, maximum_s=300.0)
        self._most = waiting
        self._give_up_s = give_up_s
        self._time_s = time_s
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_A_TIME)
        self._session: aiohttp.ClientSession | None = None
        self._told_s = float("-inf")
        self.results: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """Events that were not taken yet."""
        return len(self._waiting)

    def start(self, instance: str, outbox: Undelivered | None = None) -> None:
        """Begin, with what the ``outbox`` has from before, on the running event loop. ``instance``: see ``event``."""
        self._instance = instance
        self._outbox = outbox or self._outbox
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            headers={hdrs.USER_AGENT: f"ticker/{ticker.__version__}", hdrs.CONTENT_TYPE: "application/json"},
            # Each answer is from a stranger, and nothing of it is kept.
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        for each in self._outbox.undelivered():
            self._send(each)

    async def stop(self) -> None:
        """Stop sending. What waits is lost, unless there is an outbox."""
        tasks = list(self._waiting.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def fired(self, owner: str, fired: Fired) -> None:
        """Send this, soon."""
        self._send(event(self._instance, owner, fired))

    def _send(self, what: Event) -> None:
        if what.event in self._waiting:
            return
        while len(self._waiting) >= self._most:
            oldest = next(iter(self._waiting))
            self._waiting[oldest].cancel()
            self._settle(oldest, "dropped", f"more than {self._most} wait")
        task = self._waiting[what.event] = asyncio.create_task(self._deliver(what), name=f"webhook {what.event}")
        task.add_done_callback(_report)

    def _settle(self, name: str, result: str, why: str = "") -> None:
        del self._waiting[name]
        self.results[result] += 1
        self._outbox.settled(name)
        now_s = asyncio.get_running_loop().time()
        if why and now_s - self._told_s >= _TOLD_S:
            self._told_s = now_s
            log.error("webhook %s to %s: %s: %s", name, self._url.origin(), result, why)

    async def _deliver(self, what: Event) -> None:
        loop = asyncio.get_running_loop()
        body = msgspec.json.encode(what)
        until_s = loop.time() + self._give_up_s
        attempt = 0
        while True:
            async with self._slots:
                status, later_s, why = await self._post(what.event, body)
            if 200 <= status < 300:
                self._settle(what.event, "delivered")
                return
            if 300 <= status < 500 and status not in _LATER:
                self._settle(what.event, "refused", why)
                return
            delay_s = max(self._backoff.delay_s(attempt), later_s)
            if loop.time() + delay_s >= until_s:
                self._settle(what.event, "expired", why)
                return
            attempt += 1
            self.results["retried"] += 1
            log.debug("webhook %s to %s: %s; again in %.1f s", what.event, self._url.origin(), why, delay_s)
            await asyncio.sleep(delay_s)

    async def _post(self, name: str, body: bytes) -> tuple[int, float, str]:
        """The status (0: no answer), for how long it asks not to be asked again, and what went wrong."""
        assert self._session is not None
        now_s = self._time_s()
        headers = {"Ticker-Signature": signature(self._secret, body, now_s), "Idempotency-Key": name}
        try:
            # Where it would be sent on to is not where the operator said that it may go.
            async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as response:
                later_s = retry_after_s(response.headers.get(hdrs.RETRY_AFTER, ""), now_s)
                return response.status, later_s, f"HTTP status {response.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # Its words may have the address in them.
            return 0, 0.0, type(error).__name__


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("%s failed, and will not be sent", task.get_name(), exc_info=error)


def _address(url: str) -> URL:
    try:
        found = URL(url)
        if found.scheme not in ("http", "https") or not found.host:
            raise ValueError(url)
        found.origin()
    except ValueError:
        # It may be a secret, so it is not told.
        raise WebhookError("--webhook: an address looks like https://example.org/hook") from None
    return found


def _secret(path: Path) -> bytes:
    try:
        found = path.read_bytes().strip()
    except OSError as error:
        raise WebhookError(f"--webhook-secret: {path}: {error.strerror}") from error
    if len(found) < _SECRET_BYTES:
        raise WebhookError(
            f"--webhook-secret: {path}: {_SECRET_BYTES} characters at least; `openssl rand -hex 32` makes some"
        )
    return found
