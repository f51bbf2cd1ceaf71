"""``ticker watch`` with a scripted stream: options, output, errors, signals."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.cli_streams import FakeItems, FakeStream
from ticker.cli import main, stopping
from ticker.client.protocol.symbol_view import Update
from ticker.client.protocol.ticks import Trade
from ticker.errors import ConnectError, RefusedError


class Connect:
    """Replaces ``ticker.connect``: records its arguments and returns ``stream``."""

    def __init__(self) -> None:
        updates = [Update("AAPL", {"last": price}, {"last": price}, removed=False) for price in (1.0, 2.0, 3.0)]
        self.stream = FakeStream(FakeItems(updates), ["AAPL"])
        self.args: tuple[Any, ...] = ()
        self.options: dict[str, Any] = {}

    def __call__(self, *args: Any, **options: Any) -> FakeStream:
        self.args, self.options = args, options
        return self.stream


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    fake = Connect()
    monkeypatch.setattr("ticker.connect", fake, raising=False)
    return fake


def watch(*args: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["watch", *args], env=env)


def test_symbols_are_separated_by_blanks_or_commas(connect: Connect) -> None:
    """A comma of a symbol is encoded. Without any, all symbols."""
    watch("AAPL,MSFT", "NVDA")
    assert connect.args[1] == ["AAPL", "MSFT", "NVDA"]
    watch("A%2CB,C", "D")
    assert connect.args[1] == ["A,B", "C", "D"]
    watch()
    assert connect.args[1] == ["*"]


def test_options_are_passed_to_the_client(connect: Connect) -> None:
    """From the command line and from variables with the command's name."""
    env = {"TICKER_WATCH_ENCODING": "msgpack", "TICKER_COUNT": "1"}
    watch("AAPL", "--url", "host:1", "--rate", "0.5", "--compress", env=env)
    assert connect.args[0] == "host:1"
    given = {"channel": "ticker", "encoding": "msgpack", "rate": 0.5, "wait": False}
    assert connect.options == given | {"key": None, "ssl": None, "transport": "auto", "compress": True}


def test_a_pipe_gets_json_lines(connect: Connect) -> None:
    """By default; the stream is closed at the end."""
    result = watch("AAPL")
    assert result.exit_code == 0
    assert [json.loads(line)["last"] for line in result.stdout.splitlines()] == [1, 2, 3]
    assert connect.stream.closed


def test_csv_begins_with_its_header(connect: Connect) -> None:
    """Then one row per update, up to --count."""
    result = watch("AAPL", "--output", "csv", "--count", "2")
    assert [line.split(",")[:2] for line in result.stdout.splitlines()] == [
        ["symbol", "last"],
        ["AAPL", "1.0"],
        ["AAPL", "2.0"],
    ]


def test_trades_are_lines(connect: Connect) -> None:
    """--rate doesn't apply to trades."""
    connect.stream.items = FakeItems([Trade("AAPL", 9, 1.5, 100.0)])
    result = watch("AAPL", "--channel", "trades", "--rate", "1")
    assert json.loads(result.stdout) == {"symbol": "AAPL", "ts": 9, "price": 1.5, "size": 100}
    assert connect.options["rate"] is None


def test_unknown_symbols_are_reported_on_stderr(connect: Connect) -> None:
    """The others are streamed."""
    connect.stream.rejected = {"XY\x1bZ": "unknown-symbol"}
    result = watch("AAPL", "XYZ")
    assert result.exit_code == 0
    assert result.stderr == "ticker: the server has no symbol XY�Z\n"
    assert len(result.stdout.splitlines()) == 3


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectError("ws://x: no answer", 1), "no server at http://127.0.0.1:8000: ws://x: no answer; start one"),
        (RefusedError("unknown-symbol", "the server rejects every symbol asked for: X"), "rejects every symbol"),
    ],
)
def test_an_unusable_server_is_one_line_with_status_2(connect: Connect, error: Any, said: str) -> None:
    connect.stream.refuses = error
    result = watch("X")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_failed_connection_has_the_systems_error_message(connect: Connect) -> None:
    """Instead of the library's."""
    error = ConnectError("can't", 1)
    error.__cause__ = ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 1)")
    connect.stream.refuses = error
    assert "http://127.0.0.1:8000: Connection refused; " in watch("X").stderr


def test_an_invalid_url_is_one_line() -> None:
    """It is refused before connecting."""
    result = watch("X", "--url", "ftp://x")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "--url" in result.stderr


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_it_and_closes_the_stream(
    connect: Connect, number: signal.Signals, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it waits for updates."""
    # On a busy machine stopping takes longer, and the process that would be ended is that of the tests.
    monkeypatch.setattr(stopping, "STOP_WITHIN_S", 60)

    class Interrupting(FakeItems):
        async def __anext__(self) -> Any:
            signal.raise_signal(number)
            return await super().__anext__()

    connect.stream.items = Interrupting([], stays=True)
    result = watch("AAPL")
    assert result.exit_code == status
    assert connect.stream.closed
