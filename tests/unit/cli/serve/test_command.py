"""``ticker serve``: its options, settings and end. The service is a fake here; tests/e2e has the real one."""

from __future__ import annotations

import dataclasses
import errno
import re
import signal
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import msgspec
import pytest
from click.testing import CliRunner, Result

from tests.support.cli_feeds import Plain, Sine, SineOptions
from tests.support.cli_feeds import feeds as feeds
from ticker.cli import main, stopping
from ticker.cli.server_options import SECTIONS
from ticker.server import Settings
from ticker.wire.limits import Limits

pytestmark = pytest.mark.usefixtures("feeds")


class FakeService:
    """Starts, is told to stop by a signal, stops."""

    url: str = "http://127.0.0.1:1234"
    made: ClassVar[list[FakeService]] = []
    sends: ClassVar[signal.Signals] = signal.SIGTERM
    refuses: ClassVar[OSError | None] = None

    def __init__(self, feed: Any, feed_name: str, settings: Settings) -> None:
        self.feed, self.feed_name, self.settings = feed, feed_name, settings
        self.calls: list[str] = []
        self.made.append(self)

    async def start(self) -> None:
        self.calls.append("start")
        if self.refuses:
            raise self.refuses
        signal.raise_signal(self.sends)

    async def stop(self) -> None:
        self.calls.append("stop")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> type[FakeService]:
    monkeypatch.setattr("ticker.server.Service", FakeService)
    monkeypatch.setattr(FakeService, "made", [])
    # On a busy machine stopping takes longer, and the process that would be ended is that of the tests.
    monkeypatch.setattr(stopping, "STOP_WITHIN_S", 60)
    return FakeService


def serve(*options: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["serve", "--feed", "sine", *options], env=env)


def test_it_prints_the_banner_and_runs_until_sigterm(service: type[FakeService]) -> None:
    """Then the status is 0."""
    result = serve("--key", "k")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].endswith(service.url)
    assert service.made[0].calls == ["start", "stop"]


def test_ctrl_c_is_status_130(service: type[FakeService], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "sends", signal.SIGINT)
    assert serve("--key", "k").exit_code == 130
    assert service.made[0].calls == ["start", "stop"]


def test_options_become_settings_and_options_of_the_feed(service: type[FakeService]) -> None:
    """From the command line and the environment."""
    result = serve(
        *("--host", "::1", "--port", "0", "--heartbeat", "2.5", "--max-symbols", "7"),
        *("--symbols", "A,B", "--venue", "dark", "--loop"),
        env={"TICKER_MAX_MESSAGE_BYTES": "2048", "TICKER_RING_TICKS": "5000", "TICKER_KEY": "k"},
    )
    assert result.exit_code == 0, result.output
    made = service.made[0]
    assert made.feed_name == "sine"
    settings = made.settings
    assert (settings.host, settings.port, settings.heartbeat_s, settings.ring_ticks) == ("::1", 0, 2.5, 5000)
    assert (settings.limits.symbols, settings.limits.message_bytes) == (7, 2048)
    built = Sine.built[0]
    assert (built.key, built.symbols, built.venue.value, built.loop) == ("k", ("A", "B"), "dark", True)


def test_options_and_settings_have_the_same_defaults(service: type[FakeService]) -> None:
    """Except for the two limits that depend on the machine."""
    assert serve("--key", "k").exit_code == 0
    made, default = service.made[0].settings, Settings()
    limits = msgspec.structs.replace(
        made.limits, memory_bytes=default.limits.memory_bytes, connections=default.limits.connections
    )
    assert dataclasses.replace(made, limits=limits) == default


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--key is required"),
        (["--key", "wrong"], "the feed sine: --key: wrong"),
        (["--key", "k", "--rate-hz", "0"], "--rate-hz"),
        (["--key", "k", "--port", "65536"], "--port"),
        (["--key", "k", "--heartbeat", "nan"], "--heartbeat"),
        (["--key", "k", "--late", "soon"], "--late: 'soon' is not a duration"),
        (["--key", "k", "--late", "3601s"], "--late: '3601s' is longer than 1h"),
        (["--key", "k", "--late", "-1s"], "--late"),
        (["--key", "k", "--log-level", "loud"], "--log-level"),
        (["--key", "k", "--speed", "1"], "--speed is an option of the feed plain"),
    ],
)
def test_an_invalid_option_is_one_line_and_nothing_is_started(
    service: type[FakeService], options: list[str], said: str
) -> None:
    result = serve(*options)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert said in result.stderr
    assert service.made == []


@pytest.mark.parametrize(
    ("late", "late_ns"),
    [("30s", 30 * 10**9), ("1h", 3_600 * 10**9), ("0", 0), ("250ms", 250_000_000), ("90", 90 * 10**9)],
)
def test_late_is_a_duration_of_at_most_an_hour(service: type[FakeService], late: str, late_ns: int) -> None:
    """As an option or a variable; one minute without it."""
    assert serve("--key", "k", "--late", late).exit_code == 0
    assert serve("--key", "k", env={"TICKER_LATE": late}).exit_code == 0
    assert serve("--key", "k").exit_code == 0
    assert [made.settings.late_ns for made in service.made] == [late_ns, late_ns, 60 * 10**9]


@pytest.mark.parametrize("variable", ["TICKER_PORT", "TICKER_DEPTH"])
def test_an_invalid_value_in_the_environment_names_the_variable(service: type[FakeService], variable: str) -> None:
    result = serve("--key", "k", env={variable: "many"})
    assert result.exit_code == 2
    assert result.stderr.startswith(f"ticker: {variable}: 'many' is not ")


def test_an_address_in_use_is_one_line_without_a_banner(
    service: type[FakeService], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "refuses", OSError(errno.EADDRINUSE, "in use"))
    result = serve("--key", "k", "--port", "81")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "can't listen on 127.0.0.1:81" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_files_choose_the_replay_which_reports_its_loading(
    service: type[FakeService], monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[tuple[Any, Any]] = []

    class Loading(Plain):
        @classmethod
        def loading(cls, options: Any, progress: Any) -> Sine:
            built.append((options, progress))
            return Sine(SineOptions(key="k"))

    monkeypatch.setattr("ticker.feed.feed.feed_class", lambda name: Loading if name == "csv" else Sine)
    monkeypatch.setattr("ticker.cli.catalogue.feed_class", lambda name: Loading if name == "csv" else Sine)
    points = [EntryPoint(name, "tests.support.cli_feeds:Plain", "ticker.feeds") for name in ("csv", "random-walk")]
    monkeypatch.setattr("ticker.feed.feed.entry_points", lambda group: points)
    result = CliRunner().invoke(main, ["serve", "a.csv", "b,c.csv", "--speed", "60"])
    assert result.exit_code == 0, result.output
    assert service.made[0].feed_name == "csv"
    options, progress = built[0]
    assert (options.path, options.speed) == (("a.csv", "b,c.csv"), 60)
    assert callable(progress)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "prices.example"])
def test_listening_for_other_machines_requires_keys_or_no_auth(service: type[FakeService], host: str) -> None:
    result = serve("--key", "k", "--host", host)
    assert result.exit_code == 2
    assert "--no-auth" in result.stderr
    assert not service.made
    assert serve("--key", "k", "--host", host, "--no-auth").exit_code == 0
    assert serve("--key", "k", "--host", host, env={"TICKER_NO_AUTH": "1"}).exit_code == 0


def test_compression_is_off_by_default(service: type[FakeService]) -> None:
    for options, env in (((), {}), (("--compress",), {}), ((), {"TICKER_COMPRESS": "1"})):
        assert serve("--key", "k", *options, env=env).exit_code == 0
    assert [made.settings.compress for made in service.made] == [False, True, True]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_localhost_requires_no_authentication(service: type[FakeService], host: str) -> None:
    assert serve("--key", "k", "--host", host).exit_code == 0


def test_origins_are_normalised_as_browsers_send_them(service: type[FakeService]) -> None:
    options = (
        "--allow-origin",
        "https://Prices.example/",
        "--allow-origin",
        "http://[::1]:3000",
        "--allow-origin",
        "*",
    )
    assert serve("--key", "k", *options).exit_code == 0
    allowed = service.made[0].settings.allowed_origins
    assert allowed == {"https://prices.example", "http://[::1]:3000", "*"}


@pytest.mark.parametrize("text", ["prices.example", "https://prices.example/page", "ftp://prices.example", ""])
def test_an_invalid_origin_is_an_error(service: type[FakeService], text: str) -> None:
    """It would never match."""
    result = serve("--key", "k", "--allow-origin", text)
    assert result.exit_code != 0
    assert "say https://prices.example" in result.output
    assert not service.made


#: The limits without an option: ten times `messages_per_second`, and the rates that are built in.
FOLLOWS = {"messages_at_once", "rates"}
OPTIONS = {
    "slow_seconds": "--slow-timeout",
    "idle_seconds": "--idle-timeout",
    "handshake_seconds": "--handshake-timeout",
    "attempts_per_minute": "--max-attempts-per-minute",
    "memory_bytes": "--max-memory",
    "alert_days": "--alert-expiry",
}


def test_each_limit_has_an_option_that_sets_it_alone(service: type[FakeService]) -> None:
    """Its default is the library's, except that of memory."""
    assert serve("--key", "k").exit_code == 0
    plain = msgspec.structs.asdict(service.made[0].settings.limits)
    defaults = msgspec.structs.asdict(Limits())
    assert plain | {"memory_bytes": 0, "connections": 0} == defaults | {"memory_bytes": 0, "connections": 0}
    for name in Limits.__struct_fields__:
        if name in FOLLOWS:
            continue
        option = OPTIONS.get(name, f"--max-{name.replace('_', '-')}")
        value = {"memory_bytes": 64, "frame_bytes": 16_384, "depth": 3}.get(name, plain[name] - 1)
        assert serve("--key", "k", option, str(value)).exit_code == 0, option
        set_to = msgspec.structs.asdict(service.made[-1].settings.limits)
        assert set_to[name] == (value * 2**20 if name == "memory_bytes" else value)
        follows = {"messages_at_once"} if name == "messages_per_second" else set()
        assert {each for each in set_to if set_to[each] != plain[each]} == {name} | follows


def test_limits_become_settings(service: type[FakeService]) -> None:
    options = (
        *("--max-connections", "7", "--max-connections-per-address", "3", "--max-connections-per-key", "4"),
        *("--max-messages-per-second", "20"),
    )
    more = ("--slow-timeout", "9", "--idle-timeout", "8", "--allow-origin", "https://a.example")
    assert serve("--key", "k", *options, *more, "--allow-origin", "https://b.example").exit_code == 0
    settings = service.made[0].settings
    limits = settings.limits
    assert (limits.connections, limits.connections_per_address, limits.connections_per_key) == (7, 3, 4)
    assert (limits.messages_per_second, limits.messages_at_once) == (20, 200)
    assert (limits.slow_seconds, limits.idle_seconds) == (9, 8)
    assert settings.allowed_origins == {"https://a.example", "https://b.example"}


def test_the_help_has_sections_with_one_line_for_each_option() -> None:
    """In a terminal of 100 columns. The environment is described once."""
    text = CliRunner().invoke(main, ["serve", "--help"], terminal_width=98).output
    sections = re.findall(r"^(\w[\w ]*):\n", text, re.MULTILINE)
    assert sections == [*SECTIONS, "Feed plain", "Feed sine"]
    own = text[text.index("\nFeed:") : text.index("\nFeed plain:")]
    for line in filter(None, own.splitlines()):
        assert re.match(r"\w[\w ]*:$|  -", line), line
    assert text.count("TICKER_") == 1
