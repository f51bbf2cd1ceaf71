"""Servers for browser tests: with scripted prices, a replay, a simulated market, or keys."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import urllib.request
from collections.abc import Sequence
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.browser import stage
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing, revoke
from ticker.cli import main
from ticker.wire.limits import Limits

#: Servers are forked from a process that has imported these: the imports take most of a server's start.
FORKSERVER = multiprocessing.get_context("forkserver")
FORKSERVER.set_forkserver_preload(
    ["tests.browser.stage", "feeds.random_walk", "feeds.replay", "ticker.cli.serve.command"]
)

DEFAULT_LIMITS = Limits()


class Server:
    """`ticker serve` on a free port, in a forked process."""

    def __init__(self, *options: str) -> None:
        reader, writer = FORKSERVER.Pipe(duplex=False)
        self._process = FORKSERVER.Process(target=_serve, args=(options, writer), daemon=True)
        self._process.start()
        writer.close()
        # The command writes text, which `recv` can't read. The pipe stays open: the server writes to it until it stops.
        with reader:
            self._output = os.fdopen(os.dup(reader.fileno()))
        first = self._output.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert found is not None, f"the server did not start: {first}"
        self.url = found[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.terminate()
        self._process.join()
        self._process.close()
        self._output.close()

    def terminate(self) -> None:
        """SIGTERM: the server closes its connections and stops."""
        self._process.terminate()


def _serve(options: tuple[str, ...], output: Connection) -> None:
    os.dup2(output.fileno(), 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    main(["serve", "--port", "0", *options], prog_name="ticker")


class Stage:
    """A server with a scripted feed, in a process of its own (see ``stage.py``). ``port`` 0 takes a free one.

    It starts in the background; the first access to ``url`` waits for it.
    """

    def __init__(self, symbols: Sequence[str], port: int = 0, limits: Limits = DEFAULT_LIMITS, **info: Any) -> None:
        """``info``: fields of `FeedInfo`, such as ``notes`` and ``calendar``."""
        #: Whether `reset` restores the state of a new server.
        self.is_resettable = True
        self._commands, theirs = FORKSERVER.Pipe()
        arguments = port, tuple(symbols), limits, info, theirs
        self._process = FORKSERVER.Process(target=stage.run, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    @cached_property
    def url(self) -> str:
        try:
            url: str = self._commands.recv()
        except EOFError:
            raise AssertionError("the stage did not start") from None
        return url

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.kill()
        self._commands.close()
        self._process.close()

    def trade(self, symbol: str, price: float, size: float = 100) -> None:
        self.play(("trade", symbol, price, size))

    def quote(self, symbol: str, bid: float, ask: float, bid_size: float = 300, ask_size: float = 200) -> None:
        self.play(("quote", symbol, bid, bid_size, ask, ask_size))

    def break_feed(self) -> None:
        """Let the feed raise; the server restarts it with growing delays."""
        self.is_resettable = False
        self.play(("fail",))

    def reset(self) -> None:
        """Remove all prices, trades and bars."""
        self.play(("reset",))

    def play(self, *ticks: tuple[object, ...]) -> None:
        """All of them in one batch."""
        self._commands.send(ticks)

    def kill(self) -> None:
        """SIGKILL: the server closes no connection properly."""
        self.is_resettable = False
        self._process.kill()
        self._process.join()


def snapshot(url: str, symbols: str = "*") -> dict[str, dict[str, Any]]:
    """The server's latest values."""
    data: dict[str, dict[str, Any]] = fetched(f"{url}/v1/snapshot?symbols={symbols}")["data"]
    return data


def fetched(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as response:
        return json.load(response)


def posted(url: str, body: dict[str, object]) -> Any:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def market(count: int = 100, ticks_per_second: int = 1_000) -> Server:
    """A simulated market with a fixed seed."""
    return Server("--seed", "7", "--count", str(count), "--ticks-per-second", str(ticks_per_second))


class Replay(Server):
    """A replay of `write_history`."""

    def __init__(self, path: Path, minutes: int = 30, speed: float = 1) -> None:
        super().__init__("--feed", "csv", "--path", str(write_history(path, minutes)), "--speed", str(speed))

    def status(self) -> Any:
        return fetched(self.url + "/v1/replay")

    def do(self, action: str, **values: object) -> None:
        posted(self.url + "/v1/replay", {"action": action, **values})

    def reset(self) -> None:
        """Play in real time from the beginning."""
        self.do("speed", speed=1)
        self.do("seek", to=OPENING_S * 10**9)
        self.do("resume")


class KeyedServer(Server):
    """A simulated market that requires keys."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Created before the start: a running server reads the file again after a delay.
        self.limited = self.add("limited", Entitlements(symbols=("AAPL", "MSFT")))
        self.ann = self.add("ann")
        self.desk = self.add("desk")
        self.revocable = self.add("revocable")
        # The slow-client timeout also sets how often the server reads the file of keys.
        super().__init__(
            "--keys", str(path), "--symbols", "AAPL,MSFT,NVDA", "--ticks-per-second", "200", "--slow-timeout", "1"
        )

    def add(self, name: str, may: Entitlements | None = None) -> str:
        with editing(self.path) as keys:
            return add(keys, name, may or Entitlements())[1]

    def revoke(self, name: str) -> None:
        with editing(self.path) as keys:
            revoke(keys, name)


#: 2024-01-02 14:30 UTC, the market's opening in New York.
OPENING_S = 1_704_205_800


def write_history(path: Path, minutes: int = 30) -> Path:
    """Write two symbols with a trade every five seconds. AAPL costs $100 plus a cent per second: 100.00, 100.05, …"""
    lines = ["timestamp,symbol,price,size"]
    for second in range(0, minutes * 60, 5):
        lines.append(f"{OPENING_S + second},AAPL,{100 + second / 100:.2f},100")
        lines.append(f"{OPENING_S + second},MSFT,{400 - second / 100:.2f},50")
    path.write_text("\n".join(lines) + "\n")
    return path
