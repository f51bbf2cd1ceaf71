"""TLS with a certificate from `ticker cert`."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import ssl
import sys
import urllib.request
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import pytest
from click.testing import CliRunner

import ticker
from tests.support.serving import ScriptedFeed, serving
from ticker.cli import main
from ticker.client.transports.dialer import TransportName
from ticker.errors import TlsError
from ticker.server import Settings

TS = 1_700_000_000_000_000_000


def certificate(folder: Path, *options: str) -> tuple[Path, Path]:
    ran = CliRunner().invoke(main, ["cert", "--self-signed", "--out", str(folder), *options])
    assert ran.exit_code == 0, ran.output
    return folder / "ticker-cert.pem", folder / "ticker-key.pem"


def shown(port: int) -> bytes:
    """The certificate that a server presents."""
    return ssl.get_server_certificate(("127.0.0.1", port)).encode()


@pytest.mark.parametrize("transport", ["websocket", "sse", "poll"])
@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_prices_are_streamed_over_tls(tmp_path: Path, transport: TransportName, encoding: str) -> None:
    """Many updates one after the other: each is sent at once."""
    cert, key = certificate(tmp_path)
    trust = ssl.create_default_context(cafile=cert)
    feed = ScriptedFeed()
    async with serving(feed, Settings(port=0, tls_cert=cert, tls_key=key)) as service:
        assert service.url.startswith("https://")
        async with ticker.connect(
            service.url, ["AAPL"], rate=60, ssl=trust, encoding=encoding, transport=transport
        ) as stream:
            for number in range(1, 20):
                feed.tick([(0, TS + number, float(number), 1.0)])
                while stream.board.get("AAPL") is None or stream.board["AAPL"].last != number:
                    await anext(aiter(stream))
        with pytest.raises(ticker.ConnectError, match="certificate"):
            await ticker.connect(service.url, ["AAPL"]).open()


@pytest.mark.parametrize(
    "command",
    [("watch", "AAPL", "--output", "jsonl"), ("ping", "--count", "1"), ("chat", "desk"), ("notify", "hello")],
    ids=lambda command: command[0],
)
async def test_commands_name_an_untrusted_certificate(tmp_path: Path, command: tuple[str, ...]) -> None:
    """They don't suggest starting a server. A server without TLS is a different error."""

    async def error_line(url: str) -> str:
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-m", "ticker", *command),
            "--url",
            url,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )
        _, told = await asyncio.wait_for(program.communicate(), 60)
        assert (program.returncode, len(told.splitlines())) == (2, 1), told
        return told.decode()

    cert, key = certificate(tmp_path)
    async with serving(ScriptedFeed(), Settings(port=0, tls_cert=cert, tls_key=key)) as service:
        line = await error_line(service.url)
        assert "its certificate is not trusted: self-signed certificate; see --ca" in line
        assert "start one" not in line
    async with serving(ScriptedFeed(), Settings(port=0)) as service:
        line = await error_line(service.url.replace("http://", "https://"))
        assert "no server at" in line
        assert "TLS: wrong version number" in line


async def test_tls_versions_below_1_2_are_refused(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    async with serving(ScriptedFeed(), Settings(port=0, tls_cert=cert, tls_key=key)) as service:

        def version(most: ssl.TLSVersion) -> str | None:
            context = ssl.create_default_context(cafile=cert)
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = most
            with socket.create_connection(("127.0.0.1", service.port), 10) as plain:
                with context.wrap_socket(plain, server_hostname="localhost") as secure:
                    return secure.version()

        assert await asyncio.to_thread(version, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
        assert await asyncio.to_thread(version, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
        with pytest.warns(DeprecationWarning, match="TLSv1_1"), pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.to_thread(version, ssl.TLSVersion.TLSv1_1)


async def test_an_unfinished_tls_handshake_is_closed(tmp_path: Path) -> None:
    import asyncio

    import msgspec

    from ticker.wire.limits import Limits

    cert, key = certificate(tmp_path)
    limits = msgspec.structs.replace(Limits(), handshake_seconds=1)
    async with serving(ScriptedFeed(), Settings(port=0, tls_cert=cert, tls_key=key, limits=limits)) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        async with asyncio.timeout(60):
            assert await reader.read() == b""
        writer.close()


def test_sighup_reloads_the_certificate(tmp_path: Path) -> None:
    """Without a restart. A broken file leaves the previous certificate in use."""
    from tests.support.processes import Server

    cert, key = certificate(tmp_path)
    with Server("--tls-cert", str(cert), "--tls-key", str(key), scheme="https") as server:
        assert shown(server.port) == cert.read_bytes()
        certificate(tmp_path, "--overwrite")
        assert shown(server.port) != cert.read_bytes()
        os.kill(server.process.pid, signal.SIGHUP)
        assert server.logged("certificate reloaded")
        assert shown(server.port) == cert.read_bytes()
        before = cert.read_bytes()
        cert.write_text("nonsense")
        os.kill(server.process.pid, signal.SIGHUP)
        assert server.logged("previous certificate stays in use")
        assert shown(server.port) == before
        trust = ssl.create_default_context(cadata=before.decode())
        with urllib.request.urlopen(f"https://localhost:{server.port}/healthz", timeout=60, context=trust) as answer:
            assert json.load(answer)["status"] == "ok"


def test_unusable_certificate_files_are_refused(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    other, _ = certificate(tmp_path / "other")
    from ticker.server.tls import Tls

    with pytest.raises(TlsError, match="no such file"):
        Tls(tmp_path / "none.pem", None)
    with pytest.raises(TlsError, match=rf"^{re.escape(str(key))}: has no certificate in PEM"):
        Tls(key, cert)
    with pytest.raises(TlsError, match="not a certificate"):
        Tls(other, key)
    both = tmp_path / "both.pem"
    both.write_bytes(cert.read_bytes() + key.read_bytes())
    Tls(both, None)


def test_existing_certificates_are_not_overwritten(tmp_path: Path) -> None:
    _, key = certificate(tmp_path)
    assert key.stat().st_mode & 0o777 == 0o600
    ran = CliRunner().invoke(main, ["cert", "--self-signed", "--out", str(tmp_path)])
    assert ran.exit_code == 2
    assert "--overwrite" in ran.stderr
