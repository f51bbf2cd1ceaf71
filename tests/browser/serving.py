"""Servers for browser tests: one plays what the test makes up, one replays a file, one simulates a market."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.processes import Server

ROOT = Path(__file__).parents[2]


class Stage:
    """A server with a scripted feed, in a process of its own; see ``stage.py``. ``port`` 0 takes a free one.

    It starts in the background; the first to ask for its address waits for it.
    """

    def __init__(self, symbols: Sequence[str], port: int = 0) -> None:
        #: Whether it can be set back to its beginning.
        self.is_fresh = True
        command = [sys.executable, "-m", "tests.browser.stage", str(port), *symbols]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
        )

    @cached_property
    def url(self) -> str:
        assert self._process.stdout is not None
        found = self._process.stdout.readline().strip()
        assert found.startswith("http://"), "the stage did not start"
        return found

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._process.communicate()

    def trade(self, symbol: str, price: float, size: float = 100) -> None:
        self.play(("trade", symbol, price, size))

    def quote(self, symbol: str, bid: float, ask: float, bid_size: float = 300, ask_size: float = 200) -> None:
        self.play(("quote", symbol, bid, bid_size, ask, ask_size))

    def break_feed(self) -> None:
        """The feed raises; the server starts it again after a while."""
        self.is_fresh = False
        self.play(("fail",))

    def reset(self) -> None:
        """All prices, trades and bars are gone, as if it had just started."""
        self.play(("reset",))

    def play(self, *ticks: tuple[object, ...]) -> None:
        """All of them in one batch."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(ticks) + "\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """SIGKILL: no goodbye to anybody."""
        self.is_fresh = False
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()


def snapshot(url: str, symbols: str = "*") -> dict[str, dict[str, Any]]:
    """What the server says it has."""
    data: dict[str, dict[str, Any]] = fetched(f"{url}/v1/snapshot?symbols={symbols}")["data"]
    return data


def fetched(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)


def market(count: int = 100, ticks_per_second: int = 1_000) -> Server:
    """The simulated market; the same at each start."""
    return Server("--seed", "7", "--count", str(count), "--ticks-per-second", str(ticks_per_second))


def replay(path: Path, *options: str) -> Server:
    """A file, replayed."""
    return Server("--feed", "csv", "--path", str(path), *options)


#: 2024-01-02 14:30 UTC, when New York opens.
OPENING_S = 1_704_205_800


def write_history(path: Path, minutes: int = 30) -> Path:
    """Two symbols, a trade of each every five seconds. AAPL's price in cents tells its second: 100.00, 100.05, …"""
    lines = ["timestamp,symbol,price,size"]
    for second in range(0, minutes * 60, 5):
        lines.append(f"{OPENING_S + second},AAPL,{100 + second / 100:.2f},100")
        lines.append(f"{OPENING_S + second},MSFT,{400 - second / 100:.2f},50")
    path.write_text("\n".join(lines) + "\n")
    return path
