"""`ticker alerts` and `ticker rooms` against a real server: what an operator sees and removes."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner, Result

import ticker
from tests.e2e.test_shares import Client, connected
from tests.support.serving import ScriptedFeed, serving
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing
from ticker.cli import main
from ticker.server import Service, Settings

EVIL, GOOD = "198.51.100.7", "2001:db8:1:2::9"
SETTINGS = Settings(port=0, proxies=(ipaddress.ip_network("127.0.0.1"),))


async def run(service: Service, *args: str, key: str = "", **more: Any) -> Result:
    """Run a command in a thread."""
    words = [*args, "--url", service.url]
    return await asyncio.to_thread(CliRunner().invoke, main, words, env={"TICKER_KEY": key}, **more)


async def listed(service: Service, what: str, *args: str, key: str = "") -> list[dict[str, Any]]:
    ran = await run(service, what, "list", "--json", *args, key=key)
    assert ran.exit_code == 0, ran.output
    found: list[dict[str, Any]] = json.loads(ran.output)[what]
    return found


async def set_alerts(client: Client, owner: str, *ids: int, symbol: str = "AAPL") -> None:
    for id_ in ids:
        answer = await client.op("alert", "alerts", id=id_, symbol=symbol, when="last >= 190", owner=owner)
        assert answer["type"] == "alerts"


async def join(client: Client, room: str, text: str = "") -> None:
    assert (await client.op("join", "joined", room=room, name="Eve"))["type"] == "joined"
    if text:
        assert (await client.op("say", "said", room=room, text=text))["type"] == "said"


async def test_alerts_are_listed_and_removed_by_what_they_have() -> None:
    """By address, symbol, id and owner. Without authentication the owner's secret is not shown."""
    async with serving(ScriptedFeed(), SETTINGS) as service:
        async with connected(service, EVIL) as evil, connected(service, GOOD) as good:
            await set_alerts(evil, "secret of evil", 1, 2)
            await set_alerts(evil, "another secret", 3, symbol="MSFT")
            await set_alerts(good, "secret of good", 1)
            rows = await listed(service, "alerts")
            assert [(row["source"], row["id"], row["symbol"]) for row in rows] == [
                (EVIL, 1, "AAPL"), (EVIL, 2, "AAPL"), (EVIL, 3, "MSFT"), ("2001:db8:1:2::/64", 1, "AAPL"),
            ]  # fmt: skip
            assert "secret" not in json.dumps(rows)
            assert [row["id"] for row in await listed(service, "alerts", "--source", "2001:db8:1:2:3::4")] == [1]
            assert [row["id"] for row in await listed(service, "alerts", "--owner", rows[2]["owner"])] == [3]
            assert [row["id"] for row in await listed(service, "alerts", "--owner", "another secret")] == [3]
            assert len(await listed(service, "alerts", "--id", "1")) == 2
            assert await listed(service, "alerts", "--away", "0s") == []
            ran = await run(service, "alerts", "list", "--limit", "1")
            assert ran.stdout.splitlines()[0].split("\t")[:3] == ["owner", "source", "id"]
            assert ran.stderr == "ticker: 1 of 4 alerts; see --limit\n"
            ran = await run(service, "alerts", "remove", "--source", EVIL, "--symbol", "AAPL", "--yes")
            assert (ran.exit_code, ran.output) == (0, "removed 2 alerts\n")
            listing = await evil.until("alerts")
            assert (listing["alerts"], "id" in listing) == ([], False)
        assert [row["connected"] for row in await listed(service, "alerts", "--away", "0s")] == [False, False]
        ran = await run(service, "alerts", "remove", "--all", "--yes", "--json")
        assert json.loads(ran.output) == {"removed": 2, "owners": 2}
        assert service.op_handlers.alerts.count == 0


async def test_rooms_are_listed_and_removed_by_what_they_have() -> None:
    """Their members are told and leave; others, and empty rooms, stay."""
    async with serving(ScriptedFeed(), SETTINGS) as service:
        async with connected(service, EVIL) as evil, connected(service, GOOD) as good:
            await join(evil, "flood 1", "x")
            await join(evil, "flood 2")
            await join(good, "desk", "hello")
            rows = await listed(service, "rooms")
            assert [(row["room"], row["source"], row["members"], row["messages"]) for row in rows] == [
                ("flood 1", EVIL, 1, 1), ("flood 2", EVIL, 1, 0), ("desk", "2001:db8:1:2::/64", 1, 1),
            ]  # fmt: skip
            ran = await run(service, "rooms", "remove", "--source", EVIL, "--yes")
            assert (ran.exit_code, ran.output) == (0, "removed 2 rooms\n")
            assert [await evil.until("left") for _ in range(2)] == [
                {"type": "left", "room": "flood 1"}, {"type": "left", "room": "flood 2"},
            ]  # fmt: skip
            assert (await evil.op("say", "said", room="flood 1", text="x"))["code"] == "not-joined"
            assert (await good.op("say", "said", room="desk", text="still here"))["type"] == "said"
            assert await listed(service, "rooms", "--empty") == []
            assert [row["room"] for row in await listed(service, "rooms", "--occupied")] == ["desk"]
            assert await listed(service, "rooms", "--idle", "1h") == []
        ran = await run(service, "rooms", "remove", "--room", "desk", "--yes", "--json")
        assert json.loads(ran.output) == {"removed": 1, "members": 0}
        assert service.op_handlers.rooms.by_name == {}


async def test_the_python_client_leaves_a_removed_room(caplog: pytest.LogCaptureFixture) -> None:
    """So it does not create the room anew when it reconnects."""
    async with serving(ScriptedFeed()) as service, ticker.connect(service.url, ["AAPL"]) as stream:
        await stream.join("desk", "Ann")
        await run(service, "rooms", "remove", "--all", "--yes")
        await stream.ping()  # what was sent before the answer has arrived
        assert stream.rooms == {}
        assert any("the operator has removed the room desk" in line for line in caplog.messages)


@pytest.mark.parametrize("what", ["alerts", "rooms"])
async def test_nothing_is_removed_without_a_selection_and_a_confirmation(what: str) -> None:
    async with serving(ScriptedFeed()) as service, aiohttp.ClientSession() as http:
        async with http.ws_connect(service.url + "/v1/stream") as ws:
            client = Client(ws)
            await set_alerts(client, "ann", 1)
            await join(client, "desk")
            for args, why in (
                ((), "say which: --"),
                (("--all", "--source", EVIL), "--all excludes the other options"),
                (("--all",), "Confirm with --yes"),
            ):
                ran = await run(service, what, "remove", *args)
                assert ran.exit_code == 2, args
                assert why in ran.stderr
            assert len(await listed(service, what)) == 1
            for body, word in (
                ({"action": "remove"}, "all"),
                ({"action": "remove", "all": True, "source": "x"}, "all"),
                ({"action": "eat", "all": True}, "action"),
                ({"action": "remove", "all": "yes"}, "all"),
                ({}, "action"),
            ):
                async with http.post(f"{service.url}/v1/{what}", json=body) as response:
                    answer = await response.json()
                assert (response.status, answer["code"]) == (400, "bad-argument"), body
                assert answer["message"].startswith(word)


@pytest.mark.parametrize(("query", "name"), [("alerts?away=x", "away"), ("alerts?limit=-1", "limit"),
                                             ("rooms?empty=7x", "empty"), ("rooms?idle=long", "idle")])  # fmt: skip
async def test_a_bad_parameter_is_named(query: str, name: str) -> None:
    async with serving(ScriptedFeed()) as service, aiohttp.ClientSession() as http:
        async with http.get(f"{service.url}/v1/{query}") as response:
            answer = await response.json()
        assert (response.status, answer["code"]) == (400, "bad-argument")
        assert answer["message"].startswith(f"{name}: ")


HOSTILE: tuple[Any, ...] = (
    *("", "nan", "inf", "-1", "1e999", "9" * 400, "\0", "\ud7ff\U0010ffff", "x" * 2_000),
    *(True, None, [], {}, [[]] * 50, 2**70, -0.0),
)  # fmt: skip


@pytest.mark.parametrize("what", ["alerts", "rooms"])
async def test_hostile_values_are_answered_and_remove_nothing(what: str) -> None:
    """In each parameter and each field; never with a status of the server's fault."""
    fields = ("owner", "source", "symbol", "id", "away", "limit", "room", "empty", "idle", "action", "all")
    async with serving(ScriptedFeed()) as service, aiohttp.ClientSession() as http:
        async with http.ws_connect(service.url + "/v1/stream") as ws:
            client = Client(ws)
            await set_alerts(client, "ann", 1)
            await join(client, "desk")
            for field in fields:
                for value in HOSTILE:
                    if isinstance(value, str):
                        async with http.get(f"{service.url}/v1/{what}", params={field: value}) as response:
                            assert response.status in (200, 400), (field, value)
                    body = {"action": "remove", field: value}
                    if field in ("away", "idle", "all") and not isinstance(value, str | list | dict):
                        continue  # these select
                    async with http.post(f"{service.url}/v1/{what}", json=body) as response:
                        assert response.status in (200, 400), (field, value)
            not_a_number = b'{"action":"remove","away":NaN}'
            for raw in (b"", b"[]", b"null", b"{", b"\xff", not_a_number, b"[" * 4_000, b"x" * 5_000):
                headers = {"Content-Type": "application/json"}
                async with http.post(f"{service.url}/v1/{what}", data=raw, headers=headers) as response:
                    assert response.status in (400, 413), raw[:10]
        assert service.op_handlers.alerts.count == 1


@pytest.mark.parametrize("given", ["nand", "-5d", "infd", "soon", "1e400d"])
def test_a_bad_duration_is_named(given: str) -> None:
    ran = CliRunner().invoke(main, ["alerts", "list", "--away", given])
    assert (ran.exit_code, "--away" in ran.stderr, "is not a duration" in ran.stderr) == (2, True, True)


@pytest.mark.parametrize("what", ["alerts", "rooms"])
async def test_only_operators_list_and_remove(tmp_path: Path, what: str) -> None:
    """Keys with --admin; without authentication localhost, and not through a proxy. Keys are shown by name."""
    path = tmp_path / "keys.json"
    with editing(path) as keys:
        _, plain = add(keys, "desk", Entitlements())
        _, admin = add(keys, "owner", Entitlements(admin=True))
    async with serving(ScriptedFeed(), Settings(port=0, keys=path)) as service, aiohttp.ClientSession() as http:
        headers = {"Authorization": f"Bearer {plain}"}
        async with http.ws_connect(service.url + "/v1/stream", headers=headers) as ws:
            client = Client(ws)
            await client.until("welcome")
            await set_alerts(client, "ignored", 1)
            await join(client, "desk")
            for args in (("list",), ("remove", "--all", "--yes")):
                ran = await run(service, what, *args, key=plain)
                assert (ran.exit_code, "needs a key with --admin" in ran.stderr) == (2, True)
            (row,) = await listed(service, what, key=admin)
            assert row["owner" if what == "alerts" else "source"] == "desk"
            ran = await run(service, what, "remove", "--all", "--yes", key=admin)
            assert ran.output == f"removed 1 {what[:-1]}\n"
    async with serving(ScriptedFeed(), SETTINGS) as service, aiohttp.ClientSession() as http:
        for address in (EVIL, "127.0.0.1"):
            async with http.get(f"{service.url}/v1/{what}", headers={"X-Forwarded-For": address}) as response:
                assert response.status == 403
