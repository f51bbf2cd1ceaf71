"""The server process with the feed `unruly`: starting, stopping, commands, and its state seen from outside."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.soak.failure import SoakError

ROOT: Final = Path(__file__).parents[2]
#: Loggers that may report errors: the soak makes the feed fail.
_EXPECTED: Final = {"ticker.feed"}

Metrics = dict[tuple[str, ...], float]


def install_feed(folder: Path) -> None:
    """Install the feed `unruly` for processes with ``folder`` on their PYTHONPATH."""
    package = folder / "soak_feed-0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: soak-feed\nVersion: 0\n")
    (package / "entry_points.txt").write_text("[ticker.feeds]\nunruly = tests.soak.feed:Unruly\n")


class SoakServer:
    """Server processes, one after the other, on one port. ``starts`` counts them, ``log`` has their stderr."""

    def __init__(self, folder: Path, port: int, *options: str) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.starts = 0
        self.log = folder / "server.log"
        self._read = 0
        self._options = options
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
        self._process: subprocess.Popen[bytes] | None = None
        install_feed(folder)

    async def start(self, seed: int) -> None:
        """Start a process and wait until it listens."""
        self.starts += 1
        command = [sys.executable, "-W", "error", "-m", "ticker", "serve", "--port", str(self.port), "--feed", "unruly"]
        command += ["--seed", str(seed), "--log-format", "json", *self._options]
        with self.log.open("ab") as log:
            # The last process may have been killed in the middle of a line.
            log.write(b"\n")
            log.flush()
            self._process = process = subprocess.Popen(  # noqa: ASYNC220 - starting a process takes milliseconds
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=self._environment, cwd=ROOT
            )
        assert process.stdout is not None
        first = await asyncio.to_thread(process.stdout.readline)
        if not re.search(rb"http://127\.0\.0\.1:\d+", first):
            raise SoakError("the server", f"it did not start: {self.log.read_text()[-2_000:]}")

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def command(self, line: str) -> None:
        """Send a command to the feed. Raises ``SoakError`` if the server is gone."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{line}\n".encode())
            self.process.stdin.flush()
        except OSError as error:
            raise SoakError("the server", f"it is gone ({error}); status {self.process.poll()}") from None

    async def kill(self) -> None:
        """Send SIGKILL."""
        self.process.kill()
        await asyncio.to_thread(self.process.communicate)

    async def suspend(self, for_s: float) -> None:
        self.process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(for_s)
        finally:
            self.process.send_signal(signal.SIGCONT)

    async def stop(self) -> None:
        """Send SIGTERM. Stopping takes at most two seconds, and longer on a busy machine."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                await asyncio.to_thread(self._process.communicate, timeout=60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                raise SoakError("the server", "it did not stop after SIGTERM") from None

    # Seen from outside

    @property
    def resident_bytes(self) -> int:
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def failures(self) -> list[str]:
        """Errors logged since the last call, without the feed's."""
        with self.log.open("rb") as log:
            log.seek(self._read)
            *lines, _ = log.read().split(b"\n")
            self._read += sum(len(line) + 1 for line in lines)
        found = []
        for line in lines:
            try:
                said = json.loads(line)
            except ValueError:
                # A kill may cut off a JSON line; any other text is from the interpreter.
                if line and not line.startswith(b"{"):
                    found.append(line.decode(errors="replace"))
                continue
            if said["level"] in ("error", "critical") and said["logger"] not in _EXPECTED:
                found.append(f"{said['message']} {said.get('exception', '')}")
        return found


async def metrics(http: aiohttp.ClientSession) -> Metrics:
    """The samples of /metrics by name and label values."""
    async with http.get("/metrics") as response:
        text = await response.text()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
