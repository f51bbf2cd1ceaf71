"""SECURITY.md and docs/deploy.md against the code: the tests, options, codes and defaults that they name."""

from __future__ import annotations

import configparser
import json
import logging
import re
import shlex
import shutil
import subprocess
import time
from functools import cache
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ticker.auth import sessions, tokens
from ticker.auth.entitlements import Entitlements
from ticker.auth.tokens import TokenVerifier
from ticker.cli import main
from ticker.cli.logs import _JsonLine
from ticker.server import Settings
from ticker.server.connections import registry
from ticker.server.middleware.login_throttle import DELAY_S
from ticker.wire.codes import CLOSE_CODES, ERROR_CODES, REJECTIONS
from ticker.wire.limits import Limits

ROOT = Path(__file__).parents[3]
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("SECURITY.md", "docs/deploy.md", "README.md")}
SECURITY, DEPLOY = TEXTS["SECURITY.md"], TEXTS["docs/deploy.md"]


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", DEPLOY, re.DOTALL)
    return str(found)


@cache
def help_of(*command: str) -> str:
    ran = CliRunner().invoke(main, [*command, "--help"])
    assert ran.exit_code == 0, ran.output
    return ran.output


def commands(text: str) -> list[list[str]]:
    """Each `ticker …` command, as words: in console blocks, in `ExecStart` and inline."""
    consoles = "\n".join(re.findall(r"```console\n(.*?)```", text, re.DOTALL))
    lines = re.findall(r"^\$ (?:\.venv/bin/)?(ticker .*)$", consoles, re.MULTILINE)
    lines += re.findall(r"^ExecStart=\S+/(ticker .*)$", text, re.MULTILINE)
    lines += re.findall(r"`(ticker [a-z][^`\n]*--[^`\n]*)`", text)
    return [shlex.split(line.replace("…", ""), comments=True) for line in lines]


def test_every_threat_names_existing_tests() -> None:
    threats = SECURITY.partition("### Times")[0]
    rows = [line for line in threats.splitlines() if line.startswith("| ") and not line.startswith("| threat |")]
    assert len(rows) > 40
    for row in rows:
        named = re.findall(r"`([\w/]+\.py)`", row.rsplit("|", 2)[1])
        assert named, row
        assert [name for name in named if not (ROOT / "tests" / name).is_file()] == [], row


def test_the_defaults_of_limits_are_right() -> None:
    """SECURITY.md names the limits that apply to hostile clients; docs/protocol.md describes all."""
    documented = {name: int(value) for name, value in re.findall(r"`limits\.(\w+)` \((\d+)", SECURITY)}
    assert len(documented) >= 14
    defaults = msgspec.to_builtins(Limits())
    assert documented == {name: defaults.get(name) for name in documented}
    named = set(re.findall(r"`limits\.(\w+)`", SECURITY))
    assert named == documented.keys()


def test_the_times_are_right() -> None:
    """The table of seconds, in its order."""
    table = SECURITY.partition("### Times")[2].partition("\n## ")[0]
    assert [float(seconds) for seconds in re.findall(r"\| ([\d.]+) \|$", table, re.MULTILINE)] == [
        DELAY_S,
        registry.WARN_S,
        tokens.LEEWAY_S,
        sessions.SESSION_S,
        Settings().dead_after_s,
        Limits().handshake_seconds,
    ]


@pytest.mark.parametrize("name", list(TEXTS))
def test_all_codes_exist(name: str) -> None:
    """Close codes and error codes."""
    assert {int(code) for code in re.findall(r"\b(44\d\d)\b", TEXTS[name])} <= CLOSE_CODES.keys()
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", SECURITY))
    assert named
    assert named <= {*ERROR_CODES, *REJECTIONS}


@pytest.mark.parametrize("name", list(TEXTS))
def test_all_options_exist(name: str) -> None:
    """A command has its options; an option without a command belongs to one of them."""
    everywhere = "".join(
        help_of(*words)
        for words in (
            *(("serve",), ("watch",), ("keys", "add"), ("cert",), ("record",), ("replay",), ("inspect",)),
            *(("alerts", "remove"), ("rooms", "remove")),
        )
    )
    shown = commands(TEXTS[name])
    assert shown or name == "SECURITY.md"
    for words in shown:
        path = words[1:3] if words[1] in ("keys", "alerts", "rooms") else words[1:2]
        for option in (word.partition("=")[0] for word in words if word.startswith("--")):
            assert option in re.findall(r"--[a-z-]+", help_of(*path)), words
    alone = set(re.findall(r"`(--[a-z-]+)", TEXTS[name])) - {"--help"}
    assert alone <= set(re.findall(r"--[a-z-]+", everywhere))


def test_the_systemd_unit_is_valid(tmp_path: Path) -> None:
    """Checked by systemd if it is installed. The unit and the proxies have the same nodes."""
    unit = configparser.RawConfigParser(interpolation=None, strict=True, comment_prefixes="#")
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # configparser's own way to keep capitals
    unit.read_string(block("ini"))
    assert set(unit.sections()) == {"Unit", "Service", "Install"}
    assert (
        set(re.findall(r"127\.0\.0\.1:(\d+)", DEPLOY)) == set(re.findall(r"ticker@(\d+)", DEPLOY)) == {"8001", "8002"}
    )
    if shutil.which("systemd-analyze") is None:
        return
    path = tmp_path / "ticker@8001.service"
    path.write_text(block("ini").replace("/opt/ticker/bin/ticker", "/bin/true"))
    ran = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False)
    if "ailed to" not in ran.stderr:  # a machine without a running systemd may not be able to say
        assert ran.stderr == ""


def test_the_example_token_is_accepted(tmp_path: Path) -> None:
    """With another expiry time."""
    jwt = pytest.importorskip("jwt")
    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef0123456789abcdef")
    claims = json.loads(block("json")) | {"exp": time.time() + 60}
    found = TokenVerifier(secret, "ticker").identify(jwt.encode(claims, secret.read_text(), "HS256"))
    assert found is not None
    assert found.may == Entitlements(symbols=("AAPL", "FX:*"), rooms=("desk",), rate=2, connections=5)


def test_a_log_line_has_the_documented_keys() -> None:
    record = logging.LogRecord("ticker.server", logging.INFO, "", 0, "client %s", ("7",), None)
    record.client = "7"
    table = DEPLOY.partition("`--log-format json`")[2].partition("\n\nA log shipper")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(json.loads(_JsonLine().format(record)))
