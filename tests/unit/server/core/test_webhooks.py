"""Webhooks with a local receiver: what is sent, how often, and when sending is given up."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.support.loop_clock import LoopClock
from ticker.backoff import Backoff
from ticker.errors import WebhookError
from ticker.server.core import webhooks as webhooks_module
from ticker.server.core.webhooks import CONCURRENCY, GIVE_UP_S, WebhookEvent, Webhooks, event_for, signature
from ticker.wire.messages import Fired

TS = 1_700_000_000_000_000_000
SECRET = "0123456789abcdef"
EAGER = Backoff(initial_s=0, maximum_s=0)


def fired(seq: int = 1) -> Fired:
    return Fired(id=7, symbol="AAPL", when="last >= 190", value=190.02, ts=TS, seq=seq)


class Receiver:
    """Answers with ``answers``, then with 200. ``came`` has the headers and bodies received."""

    def __init__(self, *answers: web.Response) -> None:
        self.answers = list(answers)
        self.came: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()
        #: Responses wait for it.
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.at_once = self.most_at_once = 0
        app = web.Application()
        app.router.add_post("/hook", self._take)
        app.router.add_route("*", "/elsewhere", self._take)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return f"http://someone:password@127.0.0.1:{self.server.port}/hook?token=secret-in-the-address"

    async def _take(self, request: web.Request) -> web.Response:
        self.came.put_nowait(({**request.headers, "path": request.path}, await request.read()))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.goes_on.wait()
        self.at_once -= 1
        return self.answers.pop(0) if self.answers else web.Response()


class Outbox:
    def __init__(self, *events: WebhookEvent) -> None:
        self.events = list(events)
        self.done: list[str] = []


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    return path


@asynccontextmanager
async def sending(
    receiver: Receiver, secret: Path, outbox: Outbox | None = None, **options: Any
) -> AsyncIterator[Webhooks]:
    await receiver.server.start_server()
    webhooks = Webhooks(receiver.url, secret, **{"backoff": EAGER, **options})
    if outbox is None:
        webhooks.start("instance")
    else:
        webhooks.start("instance", outbox.events, outbox.done.append)
    try:
        yield webhooks
    finally:
        receiver.goes_on.set()
        await webhooks.stop()
        await receiver.server.close()


async def settled(webhooks: Webhooks) -> None:
    async with asyncio.timeout(60):
        while webhooks.waiting:
            await asyncio.sleep(0)


async def test_an_event_is_retried_until_it_is_accepted(secret: Path) -> None:
    """The same event with the same id, after any temporary error."""
    statuses = (500, 503, 408, 425, 429)
    receiver, outbox = Receiver(*(web.Response(status=status) for status in statuses)), Outbox()
    async with sending(receiver, secret, outbox, time_s=lambda: 1_700_000_123.9) as webhooks:
        webhooks.fired("ann", fired())
        await settled(webhooks)
        came = [receiver.came.get_nowait() for _ in range(len(statuses) + 1)]
        assert webhooks.results == {"retried": len(statuses), "delivered": 1}
    assert receiver.came.empty()
    assert len({body for _, body in came}) == 1
    headers, body = came[0]
    assert json.loads(body) == {
        "type": "alert", "event": headers["Idempotency-Key"], "owner": "ann", "id": 7, "symbol": "AAPL",
        "when": "last >= 190", "value": 190.02, "ts": TS, "seq": 1,
    }  # fmt: skip
    assert headers["Content-Type"] == "application/json"
    right = hmac.new(SECRET.encode(), b"1700000123." + body, hashlib.sha256).hexdigest()
    assert headers["Ticker-Signature"] == f"t=1700000123,v1={right}"
    assert outbox.done == [headers["Idempotency-Key"]]


def test_the_signature_covers_time_and_body() -> None:
    """The value is from `printf '12.{}' | openssl dgst -sha256 -hmac 0123456789abcdef`."""
    assert signature(SECRET.encode(), b"{}", 12.9) == (
        "t=12,v1=f051a19593197922319f9643937715ca37db8d8195e085e441f7765f4a5c5359"
    )


def test_an_events_id_is_unique_and_reproducible() -> None:
    """It depends on the instance, the owner and the number."""
    one = event_for("a", "ann", fired()).event
    assert event_for("a", "ann", fired()).event == one
    others = [event_for("b", "ann", fired()), event_for("a", "bob", fired()), event_for("a", "ann", fired(2))]
    assert len({one, *(each.event for each in others)}) == 4


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 410, 422])
async def test_a_final_status_ends_the_retries(secret: Path, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """A redirect is not followed. It is logged once, without the URL's path, which may be secret."""
    answers = [web.Response(status=status, headers={"Location": "/elsewhere"}) for _ in range(2)]
    receiver, outbox = Receiver(*answers), Outbox()
    with caplog.at_level(logging.DEBUG, "ticker"):
        async with sending(receiver, secret, outbox) as webhooks:
            webhooks.fired("ann", fired(1))
            webhooks.fired("ann", fired(2))
            await settled(webhooks)
            assert webhooks.results == {"refused": 2}
    assert {receiver.came.get_nowait()[0]["path"] for _ in range(receiver.came.qsize())} == {"/hook"}
    assert len(outbox.done) == 2
    (told,) = caplog.messages
    assert str(status) in told
    assert " to http://127.0.0.1:" in told
    assert not any(word in told for word in ("hook?", "token", "password"))


async def test_retry_after_is_respected(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If it exceeds the time limit, the event is given up."""
    monkeypatch.setattr(webhooks_module, "GIVE_UP_S", 30)
    receiver = Receiver(
        web.Response(status=429, headers={"Retry-After": "1"}), web.Response(status=503, headers={"Retry-After": "60"})
    )
    async with sending(receiver, secret) as webhooks:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        webhooks.fired("ann", fired())
        await settled(webhooks)
        assert loop.time() - began_s >= 1
        assert webhooks.results == {"retried": 1, "expired": 1}


async def test_an_unreachable_receiver_is_retried_for_a_limited_time(secret: Path) -> None:
    """Until the next attempt would come after the limit."""
    clock, backoff = LoopClock(), Backoff(initial_s=100, maximum_s=100, jitter="none")
    webhooks = Webhooks("http://127.0.0.1:1/", secret, backoff=backoff)
    webhooks.start("instance")
    webhooks.fired("ann", fired())
    attempts = 0
    while webhooks.waiting:
        if webhooks.results["retried"] > attempts:
            attempts += 1
            clock.skip(100)
        await asyncio.sleep(0)
    assert webhooks.results == {"retried": (GIVE_UP_S - 1) // 100, "expired": 1}
    await webhooks.stop()


async def test_beyond_the_maximum_the_oldest_events_are_dropped(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted, and settled because they will not be sent."""
    monkeypatch.setattr(webhooks_module, "MAX_WAITING", 10)
    receiver, outbox = Receiver(), Outbox()
    receiver.goes_on.clear()
    async with sending(receiver, secret, outbox) as webhooks:
        for seq in range(1, 14):
            webhooks.fired("ann", fired(seq))
        assert webhooks.waiting == 10
        assert webhooks.results == {"dropped": 3}
        assert outbox.done == [event_for("instance", "ann", fired(seq)).event for seq in (1, 2, 3)]
        for _ in range(CONCURRENCY):
            await receiver.came.get()
        receiver.goes_on.set()
        await settled(webhooks)
        assert webhooks.results == Counter(dropped=3, delivered=10)
    assert receiver.most_at_once <= CONCURRENCY


async def test_a_flood_drops_its_own_events(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the source that has most, here of all owners of an address."""
    monkeypatch.setattr(webhooks_module, "MAX_WAITING", 10)
    receiver, outbox = Receiver(), Outbox()
    receiver.goes_on.clear()
    async with sending(receiver, secret, outbox, source_of=lambda owner: owner.split()[0]) as webhooks:
        webhooks.fired("ann", fired(1))
        for seq in range(1, 31):
            webhooks.fired(f"evil {seq}", fired(seq))
        webhooks.fired("ann", fired(2))
        assert webhooks.results == {"dropped": 22}
        kept = {event_for("instance", "ann", fired(seq)).event for seq in (1, 2)}
        assert kept.isdisjoint(outbox.done)
        receiver.goes_on.set()
        await settled(webhooks)
        assert kept <= set(outbox.done)


async def test_stored_events_are_sent_first(secret: Path) -> None:
    """And only once, if the same alert is reported again."""
    old, receiver = event_for("instance", "ann", fired(1)), Receiver()
    async with sending(receiver, secret, Outbox(old)) as webhooks:
        webhooks.fired("ann", fired(1))
        webhooks.fired("ann", fired(2))
        await settled(webhooks)
        assert [json.loads((await receiver.came.get())[1])["seq"] for _ in range(2)] == [1, 2]
        assert receiver.came.empty()


async def test_stopping_leaves_waiting_events_in_the_outbox(secret: Path) -> None:
    """At once, without waiting for the receiver."""
    receiver, outbox = Receiver(), Outbox()
    receiver.goes_on.clear()
    async with sending(receiver, secret, outbox) as webhooks:
        webhooks.fired("ann", fired())
        await receiver.came.get()
        await webhooks.stop()
        assert outbox.done == []


@pytest.mark.parametrize("url", ["", "hooks.example/x", "ftp://example.org", "http://", "http://[", "http://x:99999"])
def test_an_invalid_url_is_refused(secret: Path, url: str) -> None:
    """The error doesn't repeat it, because it may contain a secret."""
    with pytest.raises(WebhookError) as told:
        Webhooks(url, secret)
    assert not url or url not in str(told.value)


def test_a_guessable_or_missing_secret_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    with pytest.raises(WebhookError, match="No such file"):
        Webhooks("http://127.0.0.1/", path)
    path.write_text("short")
    with pytest.raises(WebhookError, match="16") as told:
        Webhooks("http://127.0.0.1/", path)
    assert "short" not in str(told.value)


def test_the_documented_signature_check_works() -> None:
    """The code in docs/deploy.md accepts genuine and recent events only."""
    text = (Path(__file__).parents[4] / "docs/deploy.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    body, key = b'{"seq":1}', SECRET.encode()
    header = signature(key, body, time.time())
    assert names["is_genuine"](header, body, key)
    assert not names["is_genuine"](header, body + b" ", key)
    assert not names["is_genuine"](header, body, b"another secret of this length")
    assert not names["is_genuine"](signature(key, body, time.time() - 400), body, key)
