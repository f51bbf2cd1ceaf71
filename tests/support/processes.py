"""`ticker serve` as a process, as a user starts it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Server:
    """A server process that listens. With ``port`` 0 it takes a free one, which the attribute ``port`` has."""

    def __init__(self, *options: str, port: int = 0, cwd: Path | None = None, scheme: str = "http") -> None:
        command = [sys.executable, "-W", "error", "-m", "ticker", "serve", "--port", str(port), *options]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd=cwd
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        found = re.search(scheme + r"://127\.0\.0\.1:(\d+)", first)
        if found is None:
            raise AssertionError(f"it did not start: {first}{self.process.communicate()}")
        self.port = int(found[1])
        self.url = found[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate()

    def logged(self, wanted: str) -> str:
        """Wait for the next log line that contains ``wanted``, and return it."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if wanted in line:
                return line
        raise AssertionError(f"{wanted!r} was never logged")

    def kill(self) -> None:
        """Send SIGKILL and wait."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=60) as response:
            return json.load(response)
