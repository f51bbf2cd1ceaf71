"""Control of a replay over HTTP and with `ticker replay`, on a real server with an in-memory history."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner, Result

import ticker
from feeds.replay.feed import Replay
from feeds.replay.options import ReplayOptions
from tests.support.replay_file import DAY_NS, FakeTimeline, ns
from tests.support.serving import ScriptedFeed, serving
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing
from ticker.cli import main
from ticker.server import Service, Settings


class ReplayApi:
    """/v1/replay of a server."""

    def __init__(self, service: Service, session: aiohttp.ClientSession) -> None:
        self.service = service
        self._session = session
        self._url = f"{service.url}/v1/replay"

    async def get(self) -> dict[str, Any]:
        async with self._session.get(self._url) as response:
            assert response.status == 200
            answer: dict[str, Any] = await response.json()
            return answer

    async def post(self, **body: Any) -> dict[str, Any]:
        async with self._session.post(self._url, json=body) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = await response.json()
            return answer

    async def refused(self, data: bytes, content_type: str = "application/json") -> tuple[int, str, str]:
        """Status, code and message of an error response."""
        async with self._session.post(self._url, data=data, headers={"Content-Type": content_type}) as response:
            answer = await response.json()
            return response.status, answer["code"], answer["message"]

    async def last(self) -> Any:
        """The board's last price of A."""
        async with self._session.get(f"{self.service.url}/v1/snapshot?symbols=A") as response:
            return (await response.json())["data"]["A"]["last"]

    async def until(self, state: str) -> None:
        while (await self.get())["state"] != state:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def replaying(seconds: Sequence[float], **options: Any) -> AsyncIterator[ReplayApi]:
    settings = Settings(port=0, keys=options.pop("keys", None))
    feed = Replay(ReplayOptions(path=("a.csv",), **options), history=FakeTimeline(seconds))
    service = Service(feed, "csv", settings)
    await service.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield ReplayApi(service, session)
    finally:
        await service.stop()


async def shown(stream: ticker.Stream, last: float) -> ticker.SymbolView:
    """The client's view of A, as soon as it has that last price."""
    while "A" not in stream.board or stream.board["A"].last != last:
        await asyncio.sleep(0.01)
    return stream.board["A"]


HOUR = range(3600)


async def test_only_admins_may_control_the_replay(tmp_path: Path) -> None:
    """Every key may read its state."""
    path = tmp_path / "keys.json"
    with editing(path) as keys:
        desk = add(keys, "desk", Entitlements())[1]
        owner = add(keys, "owner", Entitlements(admin=True))[1]
    async with replaying(HOUR, keys=path) as clock, aiohttp.ClientSession() as session:
        url = f"{clock.service.url}/v1/replay"
        for key, status, state in (("", 401, "playing"), (desk, 403, "playing"), (owner, 200, "paused")):
            bearer = {"Authorization": f"Bearer {key}"} if key else {}
            async with session.post(url, json={"action": "pause"}, headers=bearer) as response:
                assert response.status == status
            async with session.get(url, headers={"Authorization": f"Bearer {desk}"}) as response:
                assert (await response.json())["state"] == state


async def test_its_state() -> None:
    """State, position, first and last time, speed, loop and time zone."""
    async with replaying(HOUR, speed=0, loop=False) as clock:
        await clock.until("ended")
        assert await clock.get() == {
            "state": "ended",
            "position": ns(3599),
            "first": ns(0),
            "last": ns(3599),
            "speed": 0.0,
            "loop": False,
            "time_zone": "America/New_York",
        }


async def test_pause_seek_step_and_resume_are_complete_when_answered() -> None:
    """The next snapshot is of that time."""
    async with replaying(HOUR) as clock:
        assert (await clock.post(action="pause"))["state"] == "paused"
        at = await clock.post(action="seek", to=ns(1800))
        assert (at["state"], at["position"]) == ("paused", ns(1800))
        assert await clock.last() == 1801
        at = await clock.post(action="step")
        assert (at["state"], at["position"]) == ("paused", ns(1801))
        assert await clock.last() == 1802
        at = await clock.post(action="step", count=100)
        assert at["position"] == ns(1901)
        assert await clock.last() == 1902
        assert (await clock.post(action="speed", speed=0.001))["speed"] == 0.001
        assert (await clock.post(action="resume"))["state"] == "playing"


@pytest.mark.parametrize(
    ("to", "second"),
    [
        ("09:45", 900),
        ("9:45:00.5", 900.5),
        ("2026-01-05T09:31:30", 90),
        ("2026-01-05T14:31:30Z", 90),
        ("2026-01-05 15:31:30+01:00", 90),
        (ns(12.5), 12.5),
        ("2020-01-01", 0),
        ("2030-01-01", 3599),
        (0, 0),
        (10**30, 3599),
    ],
)
async def test_formats_of_the_time_of_a_seek(to: object, second: float) -> None:
    """A time of day, an ISO time with or without an offset, an integer; clamped to the replay's range."""
    async with replaying(HOUR) as clock:
        await clock.post(action="pause")
        assert (await clock.post(action="seek", to=to))["position"] == ns(second)


@pytest.mark.parametrize(
    ("body", "status", "code", "said"),
    [
        (b"{", 400, "malformed", "the body is not a JSON object"),
        (b"[]", 400, "bad-argument", "map"),
        (b"{}", 400, "bad-argument", "action"),
        (b'{"action":"fly"}', 400, "bad-argument", "action: "),
        (b'{"action":"seek"}', 400, "bad-argument", "to: missing"),
        (b'{"action":"seek","to":"noon"}', 400, "bad-argument", "to: 'noon' is not a time"),
        (b'{"action":"seek","to":1.5}', 400, "bad-argument", "to: "),
        (b'{"action":"speed"}', 400, "bad-argument", "speed: missing"),
        (b'{"action":"speed","speed":-1}', 400, "bad-argument", "speed: a speed must be"),
        (b'{"action":"speed","speed":"fast"}', 400, "bad-argument", "speed: "),
        (b'{"action":"step","count":0}', 400, "bad-argument", "count: "),
        (b'{"action":"step","count":1.5}', 400, "bad-argument", "count: "),
        (b'{"action":"pause","x":"' + b"x" * 5000 + b'"}', 413, "too-large", "4096"),
    ],
)
async def test_a_bad_request_is_refused_with_the_name_of_the_key(
    body: bytes, status: int, code: str, said: str
) -> None:
    """It changes nothing."""
    async with replaying([0, 3600]) as clock:
        told = await clock.refused(body)
        assert told[:2] == (status, code)
        assert said in told[2]
        assert (await clock.get())["state"] == "playing"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_page_of_another_origin_cannot_control_it(content_type: str) -> None:
    """Content types that browsers send cross-origin without a preflight are refused."""
    async with replaying([0, 3600]) as clock:
        assert (await clock.refused(b'{"action":"pause"}', content_type))[:2] == (415, "json-needed")
        assert (await clock.get())["state"] == "playing"


async def test_a_feed_that_is_no_replay_cannot_be_controlled() -> None:
    """404, with a code."""
    async with serving(ScriptedFeed()) as service, aiohttp.ClientSession() as session:
        for answer in (session.get(f"{service.url}/v1/replay"), session.post(f"{service.url}/v1/replay", json={})):
            async with answer as response:
                assert response.status == 404
                assert (await response.json())["code"] == "no-replay"


@pytest.mark.parametrize("to", [1800, 5])
async def test_after_a_seek_all_clients_see_that_time_in_a_new_epoch(to: int) -> None:
    """Forward and back, on every channel."""
    async with replaying(HOUR) as clock, ticker.connect(clock.service.url, ["A"]) as one:
        async with ticker.connect(clock.service.url, ["*"], encoding="msgpack", rate=0) as two:
            await clock.post(action="pause")
            await clock.post(action="seek", to=ns(600))
            before = clock.service.hub.board.epoch
            await clock.post(action="seek", to=ns(to))
            assert clock.service.hub.board.epoch != before
            for stream in (one, two):
                view = await shown(stream, to + 1)
                assert (view.open, view.high, view.low, view.volume, view.trades) == (1, to + 1, 1, to + 1, to + 1)


async def test_at_the_end_clients_stay_and_a_seek_resumes() -> None:
    """The feed's state is `ended`, then `live` again."""
    async with replaying([0, 1, 2, 3], speed=0) as clock, ticker.connect(clock.service.url, ["A"]) as stream:
        await clock.until("ended")
        assert clock.service.pump.state().state == "ended"
        await shown(stream, 4)
        await clock.post(action="pause")
        await clock.post(action="seek", to=ns(1))
        assert clock.service.pump.state().state == "paused"
        assert await clock.last() == 2
        await clock.post(action="resume")
        await clock.until("ended")
        assert await clock.last() == 4
        assert stream.state == "live"
        assert stream.reconnects == 0


async def test_a_loop_is_a_new_epoch_each_time() -> None:
    """The values of the day start anew."""
    async with replaying([0, 1], speed=0, loop=True) as clock:
        hub, seen = clock.service.hub, set[str]()
        while len(seen) < 3:
            seen.add(hub.board.epoch)
            await asyncio.sleep(0.01)
        await clock.post(action="pause")
        assert await clock.last() in (None, 2)
        assert (await clock.get())["loop"]


async def test_a_seek_over_several_days_rolls_over_each_day() -> None:
    """The state on the third day has the second day's close."""
    day = DAY_NS // 10**9
    async with replaying([0, 10, day, day + 10, 2 * day, 2 * day + 10]) as clock:
        await clock.post(action="pause")
        await clock.post(action="seek", to=ns(2 * day))
        snapshot = clock.service.hub.snapshot(["A"], 0).data["A"]
        assert snapshot is not None
        assert (snapshot["last"], snapshot["prev_close"], snapshot["volume"]) == (5, 4, 1)


# `ticker replay`


async def run(*args: str) -> Result:
    """Run `ticker replay` in a thread."""
    return await asyncio.to_thread(CliRunner().invoke, main, ["replay", *args])


async def test_the_command_controls_the_replay_and_prints_its_position() -> None:
    """State, speed, time in the replay's zone, progress."""
    async with replaying(HOUR) as clock:
        url = ("--url", clock.service.url)
        for words, said in (
            (("pause",), "paused at 1x, "),
            (("seek", "09:45"), "paused at 1x, 2026-01-05 09:45:00 (New York), 25 % of 09:30:00 – 10:29:59"),
            (("step",), "paused at 1x, 2026-01-05 09:45:01 (New York), 25 % of "),
            (("step", "59"), "paused at 1x, 2026-01-05 09:46:00 (New York), 26 % of "),
            (("speed", "20"), "paused at 20x, 2026-01-05 09:46:00"),
            (("speed", "0"), "paused as fast as possible, 2026-01-05 09:46:00"),
            (("seek", str(ns(3599))), "paused as fast as possible, 2026-01-05 10:29:59 (New York), 100 % of "),
            (("resume",), " as fast as possible, 2026-01-05 10:29:59 (New York), 100 % of "),
        ):
            ran = await run(*words, *url)
            assert ran.exit_code == 0, ran.output
            assert len(ran.stdout.splitlines()) == 1
            assert said in ran.stdout
        await clock.until("ended")
        assert (await run("status", *url)).stdout.startswith("ended as fast as possible")
        assert json.loads((await run("status", "--json", *url)).stdout) == await clock.get()


async def test_the_url_may_be_that_of_the_stream() -> None:
    """As for `ticker watch`."""
    async with replaying([0, 3600]) as clock:
        port = clock.service.port
        for url in (f"ws://127.0.0.1:{port}", f"127.0.0.1:{port}", f"ws://127.0.0.1:{port}/v1/stream"):
            assert (await run("status", "--url", url)).exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("seek", "noon"), "to: 'noon' is not a time"),
        (("speed", "-1"), "-1"),
        (("speed", "inf"), "inf is not a finite number"),
        (("step", "0"), "0"),
        (("fly",), "fly"),
    ],
)
async def test_a_refused_command_is_one_line_with_status_2(words: tuple[str, ...], said: str) -> None:
    """Refused by the command line or by the server."""
    async with replaying([0, 3600]) as clock:
        ran = await run(*words, *(("--url", clock.service.url) if words != ("fly",) else ()))
        assert (ran.exit_code, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)
        assert said in ran.stderr


async def test_a_server_without_a_replay_is_one_line() -> None:
    """It tells how to start one."""
    async with serving(ScriptedFeed()) as service:
        ran = await run("pause", "--url", service.url)
        assert ran.exit_code == 2
        assert ran.stderr == "ticker: the feed is not a replay; `ticker serve FILE` starts one\n"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1", "no server at http://127.0.0.1:1: Connection refused"),
        ("ftp://127.0.0.1", "--url"),
        ("http://[", "--url"),
        ("http://127.0.0.1:99999", "--url"),
        ("", "--url"),
    ],
)
async def test_no_server_is_one_line(url: str, said: str) -> None:
    """With the operating system's error message."""
    ran = await run("status", "--url", url)
    assert (ran.exit_code, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)
    assert said in ran.stderr
