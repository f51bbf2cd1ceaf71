"""The proxy configurations of docs/deploy.md in front of two nodes. Tests of proxies not installed are skipped."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from click.testing import CliRunner

import ticker
from tests.support.ports import own_port
from tests.support.processes import Server
from tests.support.serving import ScriptedFeed, serving
from ticker.cli import main
from ticker.client.transports.dialer import TransportName
from ticker.feed.feed import FeedInfo
from ticker.model import TickBatch, Trades

TEXT = (Path(__file__).parents[2] / "docs/deploy.md").read_text(encoding="utf-8")
PACKAGES = {"nginx": "nginx-light", "haproxy": "haproxy", "caddy": "caddy"}
NODE = ("--symbols", "AAPL,MSFT", "--ticks-per-second", "50", "--trusted-proxy", "127.0.0.1")
TS = 1_700_000_000_000_000_000

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="all of 127.0.0.0/8 is this machine's own on Linux alone"),
    # aiohttp's client closes a TLS connection in the middle of an answer without waiting for the peer's close.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def block(language: str) -> str:
    """The only code block of docs/deploy.md in ``language``."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    return str(found)


def replaced(text: str, **changes: str) -> str:
    """``text`` with all ``changes`` applied; each must occur."""
    for old, new in changes.items():
        assert old in text, f"docs/deploy.md has no {old!r}"
        text = text.replace(old, new)
    return text


class Site:
    """A certificate, keys and two nodes, to be reached as `https://localhost`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ran = CliRunner().invoke(main, ["cert", "--self-signed", "--out", str(folder)])
        assert ran.exit_code == 0, ran.output
        self.cert, self.key = folder / "ticker-cert.pem", folder / "ticker-key.pem"
        (folder / "both.pem").write_text(self.cert.read_text() + self.key.read_text())
        self.trust = ssl.create_default_context(cafile=self.cert)
        self.keys = folder / "keys.json"
        self.desk, self.other = self._added("desk"), self._added("other")
        self.owner = self._added("owner", "--admin")
        self.nodes = [self._node(own_port()) for _ in range(2)]

    def _added(self, *options: str) -> str:
        ran = CliRunner().invoke(main, ["keys", "add", "--keys", str(self.keys), *options])
        assert ran.exit_code == 0, ran.output
        return ran.stdout.strip()

    def _node(self, port: int) -> Server:
        return Server(*NODE, "--keys", str(self.keys), port=port)

    def node_of(self, epoch: str | None) -> Server:
        """The node with this epoch."""
        (found,) = [node for node in self.nodes if self.get(node, "/healthz")["epoch"] == epoch]
        return found

    def get(self, node: Server, path: str) -> Any:
        """A response of the node itself, without the proxy."""
        import urllib.request

        request = urllib.request.Request(node.url + path, headers=bearer(self.owner))
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def replace(self, gone: Server) -> None:
        """Start a node on the port of one that has ended."""
        self.nodes[self.nodes.index(gone)] = self._node(gone.port)

    def close(self) -> None:
        with ExitStack() as stack:
            for node in self.nodes:
                stack.enter_context(node)


class Proxy:
    """A proxy with its configuration of docs/deploy.md, on a local port."""

    def __init__(self, kind: str, site: Site, folder: Path) -> None:
        self.port = own_port()
        self.url = f"https://localhost:{self.port}"
        ports = {f"127.0.0.1:{8001 + place}": f"127.0.0.1:{node.port}" for place, node in enumerate(site.nodes)}
        command = _COMMANDS[kind](replaced(block(_LANGUAGES[kind]), **ports), site, folder, self.port)
        self.log = (folder / "log").open("w+")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            cwd=folder,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder)},
        )
        until_s = time.monotonic() + 60
        while not self._answers():
            assert self.process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until_s, (folder / "log").read_text()
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def _nginx(text: str, site: Site, folder: Path, port: int) -> list[str]:
    listen = {"listen 443": f"listen 127.0.0.1:{port}", "/etc/ssl/prices.pem": str(site.cert)}
    text = replaced(text, **listen, **{"/etc/ssl/prices.key": str(site.key)})
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    )
    head = (
        f"daemon off; pid {folder}/pid; error_log stderr; worker_processes 1;\nevents {{ worker_connections 512; }}\n"
    )
    (folder / "nginx.conf").write_text(f"{head}http {{ access_log off;\n{places}{text}}}\n")
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]


def _haproxy(text: str, site: Site, folder: Path, port: int) -> list[str]:
    text = replaced(
        text, **{"bind :443": f"bind 127.0.0.1:{port}", "/etc/haproxy/prices.pem": str(site.folder / "both.pem")}
    )
    (folder / "haproxy.cfg").write_text(text)
    return ["haproxy", "-db", "-f", str(folder / "haproxy.cfg")]


def _caddy(text: str, site: Site, folder: Path, port: int) -> list[str]:
    files = {"/etc/ssl/prices.pem": str(site.cert), "/etc/ssl/prices.key": str(site.key)}
    text = replaced(text, **{"\nprices.example": f"\nhttps://localhost:{port}"}, **files)
    alone = f"{{\nadmin off\nauto_https disable_redirects\nstorage file_system {folder}\ndefault_bind 127.0.0.1\n}}\n"
    (folder / "Caddyfile").write_text(alone + text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


_COMMANDS: dict[str, Callable[[str, Site, Path, int], list[str]]] = {
    "nginx": _nginx,
    "haproxy": _haproxy,
    "caddy": _caddy,
}
_LANGUAGES = {"nginx": "nginx", "haproxy": "haproxy", "caddy": "caddyfile"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    yield made
    made.close()


@pytest.fixture(scope="module", params=list(PACKAGES))
def proxy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    kind = request.param
    if shutil.which(kind, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin") is None:
        pytest.skip(f"no {kind} (Debian: apt install {PACKAGES[kind]})")
    made = Proxy(kind, request.getfixturevalue("site"), tmp_path_factory.mktemp(kind))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _unclosed_sockets_fail_here() -> Iterator[None]:
    """Collect garbage after each test, so that an unclosed socket fails the test that left it."""
    yield
    gc.collect()


@pytest.fixture
async def http(site: Site) -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP session that trusts the site's certificate."""
    connector = aiohttp.TCPConnector(ssl=site.trust, local_addr=("127.0.0.5", 0), family=socket.AF_INET)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def event(events: aiohttp.StreamReader) -> list[str]:
    """The lines of the next event."""
    lines = []
    async with asyncio.timeout(60):
        while line := (await events.readline()).decode().rstrip("\n"):
            lines.append(line)
    return lines


@pytest.mark.parametrize("transport", ["websocket", "sse", "poll"])
async def test_prices_arrive_on_each_transport(proxy: Proxy, site: Site, transport: TransportName) -> None:
    """Several updates, not only the snapshot."""
    async with asyncio.timeout(90):
        async with ticker.connect(
            proxy.url, ["AAPL"], key=site.desk, ssl=site.trust, transport=transport, rate=20
        ) as stream:
            updates = aiter(stream)
            for _ in range(3):
                assert (await anext(updates)).symbol == "AAPL"
            assert (stream.transport, stream.reconnects) == (transport, 0)


async def test_a_client_that_leaves_is_disconnected_from_the_node(proxy: Proxy, site: Site) -> None:
    async with ticker.connect(proxy.url, ["AAPL"], key=site.other, ssl=site.trust, transport="sse"):
        assert await asyncio.to_thread(_transports_of, site, "other") == ["sse"]
    async with asyncio.timeout(60):
        while await asyncio.to_thread(_transports_of, site, "other"):
            await asyncio.sleep(0.05)


def _transports_of(site: Site, name: str) -> list[str]:
    """The transports of the connections with the key ``name``."""
    rows = [row for node in site.nodes for row in site.get(node, "/v1/clients")["clients"]]
    return [row["transport"] for row in rows if row["name"] == name]


async def test_a_response_of_the_server_is_recognised(proxy: Proxy, http: aiohttp.ClientSession) -> None:
    """Not by its name alone: a proxy may name itself too."""
    async with http.get(proxy.url + "/healthz") as response:
        assert "ticker" in response.headers.getall("Server")


async def test_events_are_not_buffered(proxy: Proxy, site: Site, http: aiohttp.ClientSession) -> None:
    """A few bytes arrive while the stream is open; posts reach the stream's node."""
    for _ in range(3):  # of either node
        async with http.get(proxy.url + "/v1/events", headers=bearer(site.desk)) as response:
            assert response.headers["Content-Type"] == "text/event-stream"
            assert (await event(response.content))[1] == "event: session"
            assert json.loads((await event(response.content))[0].removeprefix("data: "))["type"] == "welcome"
        async with http.get(proxy.url + "/v1/events", headers=bearer(site.desk)) as response:
            path = (await event(response.content))[2].removeprefix("data: ")
            said = {"op": "ping", "id": 7}
            async with http.post(proxy.url + path, json=said, headers=bearer(site.desk)) as answer:
                assert answer.status == 204
            await event(response.content)
            assert json.loads((await event(response.content))[0].removeprefix("data: "))["id"] == 7


async def test_polls_stay_at_one_node(proxy: Proxy, site: Site, http: aiohttp.ClientSession) -> None:
    """A version is meaningless to another node."""
    where: dict[str, Any] = {}
    epochs = set()
    for _ in range(4):
        query = {"symbols": "AAPL", "wait": "20", **where}
        async with http.get(proxy.url + "/v1/poll", params=query, headers=bearer(site.desk)) as response:
            assert response.status == 200
            found = await response.json()
        epochs.add(found["epoch"])
        where = {"epoch": found["epoch"], "since": found["version"]}
    assert len(epochs) == 1


async def test_connections_are_limited_by_the_clients_address(
    proxy: Proxy, site: Site, http: aiohttp.ClientSession
) -> None:
    """The address comes from the proxy; a spoofed header of the client is ignored."""
    spoofed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example", "Forwarded": "for=203.0.113.9"}
    async with http.ws_connect(proxy.url + "/v1/stream", headers=bearer(site.other) | spoofed) as stream:
        await stream.receive_json()
        rows = [row for node in site.nodes for row in site.get(node, "/v1/clients")["clients"]]
        assert [row["address"] for row in rows if row["name"] == "other"] == ["127.0.0.5"]


async def test_a_browser_logs_in(proxy: Proxy, site: Site, http: aiohttp.ClientSession) -> None:
    """The cookie is Secure, and pages of other origins are refused."""
    async with http.post(proxy.url + "/v1/login", json={"key": site.desk}, headers={"Origin": proxy.url}) as response:
        assert response.status == 200
        assert {"HttpOnly", "SameSite=Strict", "Secure"} <= {
            part.strip() for part in response.headers["Set-Cookie"].split(";")
        }
    for _ in range(4):  # at the same node each time: the other doesn't know the cookie
        async with http.ws_connect(proxy.url + "/v1/stream", origin=proxy.url) as stream:
            assert (await stream.receive_json())["type"] == "welcome"
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await http.ws_connect(proxy.url + "/v1/stream", origin="https://evil.example")
    async with http.get(proxy.url + "/") as response:
        assert "frame-ancestors" in response.headers["Content-Security-Policy"]


async def until_both_serve(proxy: Proxy, site: Site, http: aiohttp.ClientSession) -> None:
    """Wait until the proxy sends requests to both nodes: one may just have started."""
    seen: set[str] = set()
    async with asyncio.timeout(90):
        while len(seen) < 2:
            async with AsyncExitStack() as open_:
                for _ in range(2):
                    connecting = http.ws_connect(proxy.url + "/v1/stream", headers=bearer(site.desk))
                    stream = await open_.enter_async_context(connecting)
                    seen.add((await stream.receive_json())["epoch"])


@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_clients_of_a_node_that_ends_move_to_the_other(
    proxy: Proxy, site: Site, http: aiohttp.ClientSession, how: str
) -> None:
    """New clients connect meanwhile."""
    backoff = ticker.Backoff(initial_s=0.05, maximum_s=0.5)
    await until_both_serve(proxy, site, http)
    async with ticker.connect(proxy.url, ["AAPL"], key=site.desk, ssl=site.trust, backoff=backoff) as stream:
        updates = aiter(stream)
        await anext(updates)
        node = await asyncio.to_thread(site.node_of, stream.epoch)
        async with asyncio.timeout(90):
            if how == "killed":
                await asyncio.to_thread(node.kill)
            else:
                await asyncio.to_thread(node.__exit__, None, None, None)
                assert node.process.returncode == 0
            try:
                async with ticker.connect(
                    proxy.url, ["MSFT"], key=site.desk, ssl=site.trust, backoff=backoff, wait=True
                ) as other:
                    assert (await anext(aiter(other))).symbol == "MSFT"
                while not stream.reconnects or stream.state != "live":
                    await anext(updates)
                assert (await anext(updates)).symbol == "AAPL"
            finally:
                await asyncio.to_thread(site.replace, node)


class VersionedFeed(ScriptedFeed):
    """A feed with versions of its own, equal on all nodes."""

    def __init__(self) -> None:
        super().__init__()
        self.info = FeedInfo(symbols=self.table, epoch="of-the-feed")

    def trade(self, version: int, code: int, price: float) -> None:
        columns = (np.array([code], np.int32), np.array([TS]), np.array([price]), np.array([1.0]))
        self.put(TickBatch(self.table, Trades(*columns), version=version))


@pytest.mark.parametrize("alike", [True, False])
async def test_a_client_resumes_at_another_node_if_the_feed_has_versions(alike: bool) -> None:
    """Otherwise it gets a new snapshot, as the table in docs/deploy.md says."""
    one, two = (VersionedFeed(), VersionedFeed()) if alike else (ScriptedFeed(), ScriptedFeed())
    async with serving(one) as first, serving(two) as second, aiohttp.ClientSession() as session:
        at: dict[str, Any] = {}
        for feed, service in ((one, first), (two, second)):
            for number in range(4 if feed is two else 3):
                code, price = number % 2, 1.5 + number
                if isinstance(feed, VersionedFeed):
                    feed.trade(10 + number, code, price)
                else:
                    feed.tick([(code, TS, price, 1.0)])
            until = 4.5 if feed is two else 3.5
            query = {"symbols": "AAPL,MSFT", **at}
            async with asyncio.timeout(60):
                while True:
                    async with session.get(service.url + "/v1/snapshot?symbols=AAPL,MSFT") as response:
                        prices = {fields.get("last") for fields in (await response.json())["data"].values()}
                    if until in prices:
                        break
            async with session.get(service.url + "/v1/poll", params=query) as response:
                found = await response.json()
            at = {"epoch": found["epoch"], "since": found["version"]}
    assert set(found["data"]) == ({"MSFT"} if alike else {"AAPL", "MSFT"})
