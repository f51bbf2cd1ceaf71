"""The server's process with the unruly feed: started, killed, stopped, told what to do, and looked at from outside."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.soak.failure import WrongError

ROOT: Final = Path(__file__).parents[2]
#: What the log may say at the levels above warnings: that the feed fails is wanted.
_EXPECTED: Final = {"ticker.feed"}

Metrics = dict[tuple[str, ...], float]


def installed(folder: Path) -> None:
    """Install the feed `unruly` for those who have ``folder`` on their PYTHONPATH."""
    package = folder / "soak_feed-0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: soak-feed\nVersion: 0\n")
    (package / "entry_points.txt").write_text("[ticker.feeds]\nunruly = tests.soak.feed:Unruly\n")


def free_port(chance: random.Random) -> int:
    """One below those that the system gives to clients: it must still be free after each kill."""
    while True:
        port = chance.randrange(15_000, 30_000)
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Market:
    """One server after the other, all on one port. ``lives`` counts them. ``log`` has what they wrote to stderr."""

    def __init__(self, folder: Path, port: int, *options: str) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.lives = 0
        self.log = folder / "server.log"
        self._read = 0
        self._options = options
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
        self._process: subprocess.Popen[bytes] | None = None
        installed(folder)

    async def start(self, seed: int) -> None:
        """Returns when it listens."""
        self.lives += 1
        command = [sys.executable, "-W", "error", "-m", "ticker", "serve", "--port", str(self.port), "--feed", "unruly"]
        command += ["--seed", str(seed), "--log-format", "json", *self._options]
        with self.log.open("ab") as log:
            # The one before may have been killed in the midst of a line.
            log.write(b"\n")
            log.flush()
            self._process = process = subprocess.Popen(  # noqa: ASYNC220 - forking takes a moment, and clients wait
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=self._environment, cwd=ROOT
            )
        assert process.stdout is not None
        first = await asyncio.to_thread(process.stdout.readline)
        if not re.search(rb"http://127\.0\.0\.1:\d+", first):
            raise WrongError("the server", f"it did not start: {self.log.read_text()[-2_000:]}")

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def tell(self, order: str) -> None:
        """An order to the feed. Raises ``WrongError`` if the server is gone."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{order}\n".encode())
            self.process.stdin.flush()
        except OSError as error:
            raise WrongError("the server", f"it is gone ({error}); status {self.process.poll()}") from None

    async def kill(self) -> None:
        """SIGKILL: no goodbye to anybody."""
        self.process.kill()
        await asyncio.to_thread(self.process.communicate)

    async def stand_still(self, for_s: float) -> None:
        self.process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(for_s)
        finally:
            self.process.send_signal(signal.SIGCONT)

    async def stop(self) -> None:
        """SIGTERM, which it has two seconds for; a machine that is busy gives it more."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                await asyncio.to_thread(self._process.communicate, timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                raise WrongError("the server", "it did not stop when it was told") from None

    # What can be seen from outside

    @property
    def resident_bytes(self) -> int:
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def failures(self) -> list[str]:
        """What the log has at the level of errors, since the last call, but of the feed."""
        with self.log.open("rb") as log:
            log.seek(self._read)
            *lines, _ = log.read().split(b"\n")
            self._read += sum(len(line) + 1 for line in lines)
        found = []
        for line in lines:
            try:
                said = json.loads(line)
            except ValueError:
                # What begins as an object was cut off by a kill; anything else is the interpreter's own cry.
                if line and not line.startswith(b"{"):
                    found.append(line.decode(errors="replace"))
                continue
            if said["level"] in ("error", "critical") and said["logger"] not in _EXPECTED:
                found.append(f"{said['message']} {said.get('exception', '')}")
        return found


async def metrics(http: aiohttp.ClientSession) -> Metrics:
    """Every sample of /metrics, by its name and the values of its labels."""
    async with http.get("/metrics") as response:
        text = await response.text()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
