"""Refused logins and pages leave one log line each, which fail2ban can read, and never a key."""

from __future__ import annotations

import json
import logging
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest

from tests.support.buckets import stop_refills
from tests.support.frames import handshake, raw_client
from tests.support.processes import Server
from tests.support.serving import ScriptedFeed, serving
from ticker.auth.keys import editing
from ticker.server import Settings
from ticker.server.middleware import login_throttle

ROOT = Path(__file__).parents[2]
SECRET = "SECRET" * 7 + "x"
WRONG = f"tk_00000000_{SECRET}"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    with editing(tmp_path / "keys.json"):
        pass
    return tmp_path / "keys.json"


@pytest.fixture(autouse=True)
def _no_refills(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is allowed per minute does not depend on the machine."""
    stop_refills(monkeypatch)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def documented_filter() -> str:
    """The filter for fail2ban in docs/deploy.md."""
    (found,) = re.findall(
        r"```conf\n(# /etc/fail2ban/filter\.d/.*?)```", (ROOT / "docs/deploy.md").read_text(), re.DOTALL
    )
    return str(found)


def failed_login(line: str) -> str | None:
    """The address that the documented filter finds in a line."""
    rows = re.search(r"^failregex = (.*?)^(?=\S|\Z)", documented_filter(), re.DOTALL | re.MULTILINE)
    assert rows is not None
    for row in rows[1].splitlines():
        pattern = row.strip().replace("<ADDR>", r"(?P<address>[\da-fA-F:.]+)")
        if pattern and (found := re.match(pattern, line.rstrip("\n"))):
            return found["address"]
    return None


def without_time(line: str) -> str:
    """A line of a file as fail2ban matches it. The journal has the time of its own, and the line whole."""
    return re.sub(r"\d{4}-\d\d-\d\d[T ][\d:.,]+(\+00:00)?", "", line)


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_documented_fail2ban_filter_matches_the_line_of_a_failed_login(
    form: str, keys: Path, tmp_path: Path
) -> None:
    """With the client's address, as the trusted proxy reports it; checked by fail2ban too if it is installed."""
    log = tmp_path / "log"
    options = ("--keys", str(keys), "--log-format", form, "--trusted-proxy", "127.0.0.1")
    with Server(*options) as server, log.open("w") as file:
        for address in ("203.0.113.7", "2001:db8::7"):
            headers = {"Authorization": f"Bearer {WRONG}", "X-Forwarded-For": address}
            with pytest.raises(urllib.error.HTTPError, match="401"):
                urllib.request.urlopen(urllib.request.Request(server.url + "/v1/symbols", headers=headers), timeout=60)
            line = server.logged("failed login")
            assert "SECRET" not in line
            journal = f"prices ticker[123]: {line}"
            assert failed_login(without_time(line)) == failed_login(journal) == address
            file.write(f"{line}Dec 01 01:00:00 {journal}")
    if shutil.which("fail2ban-regex"):
        (tmp_path / "ticker.conf").write_text(documented_filter())
        command = ["fail2ban-regex", str(log), str(tmp_path / "ticker.conf")]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "4 lines, 0 ignored, 4 matched, 0 missed" in found.stdout, found.stdout + found.stderr


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-30 12:00:00,000 WARNING ticker.auth: refused 'WARNING ticker.auth: failed login from 203.0.113.7'",
        "2026-11-30 12:00:00,000 INFO    ticker.server: x WARNING ticker.auth: failed login from 203.0.113.7",
        json.dumps(
            {
                "ts": "2026-11-30T12:00:00.000+00:00",
                "level": "warning",
                "logger": "ticker.auth",
                "message": '"message": "failed login from 203.0.113.7"}',
            }
        ),
    ],
)
def test_the_documented_fail2ban_filter_matches_no_line_that_a_client_forged(line: str) -> None:
    """Otherwise a client could have others banned."""
    for each in (line, without_time(line), f"prices ticker[123]: {line}"):
        assert failed_login(each) is None


async def test_failed_logins_are_logged_by_address_up_to_a_limit(
    keys: Path, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong keys and tokens in headers, and in the login of browsers; requests without a key are no failed logins."""
    monkeypatch.setattr(login_throttle, "DELAY_S", 0.0)
    trusting = Settings(port=0, keys=keys, proxies=(ip_network("127.0.0.1"),))
    async with serving(ScriptedFeed(), trusting) as service:

        async def attempt(address: str) -> None:
            headers = {"X-Forwarded-For": address}
            async with http.get(service.url + "/v1/symbols", headers=headers):
                pass
            async with http.get(service.url + "/v1/symbols", headers=headers | {"Authorization": f"Bearer {WRONG}"}):
                pass
            async with http.post(service.url + "/v1/login", json={"key": "ey" + SECRET}, headers=headers):
                pass

        for _ in range(100):
            await attempt("203.0.113.7")
        await attempt("203.0.113.8")
    lines = [line for line in caplog.messages if "login" in line]
    assert lines == [
        *["failed login from 203.0.113.7"] * 20,
        "failed login from 203.0.113.8 (180 more were left out)",
        "failed login from 203.0.113.8",
    ]
    assert not any("SECRET" in line for line in caplog.messages)


async def test_refused_pages_are_logged_up_to_a_limit(
    http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """One line with the page's origin, escaped, the client's address and the option that allows it."""
    evil = "https://evil.example\x1b[31m"
    async with serving(ScriptedFeed()) as service:
        for _ in range(30):
            async with raw_client(service.port) as client:
                client.send(handshake(Origin=evil.encode("unicode-escape").decode()))
                assert (await client.head())[0] == 403
        told = [line for line in caplog.messages if "evil" in line]
        assert len(told) == 10
        assert told[0].startswith("refused a WebSocket from 127.0.0.1 of a page of 'https://evil.example\\")
        assert "--allow-origin" in told[0]
        assert told[0].isprintable()


async def test_a_refused_change_of_another_site_is_logged(
    http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(ScriptedFeed()) as service:
        origin = {"Origin": "https://évil.example/" + "x" * 1_000}
        async with http.post(service.url + "/v1/notices", json={"text": "x"}, headers=origin) as response:
            assert response.status == 403
    (line,) = [line for line in caplog.messages if line.startswith("refused")]
    assert line.startswith("refused a POST from 127.0.0.1 of a page of 'https://")
    assert len(line) < 300


async def test_a_refused_host_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A site whose name resolves to this machine."""
    caplog.set_level(logging.WARNING)
    async with serving(ScriptedFeed()) as service, raw_client(service.port) as client:
        client.send(handshake(Host="evil.example"))
        assert (await client.head())[0] == 403
    (line,) = [line for line in caplog.messages if line.startswith("refused")]
    assert line.startswith("refused a request from 127.0.0.1 for the host 'evil.example'")
    assert "--allow-origin" in line
