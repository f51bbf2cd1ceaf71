"""``ticker serve --config`` and ``--print-config``: what a file may say, what comes first, and what is wrong."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.cli_feeds import Plain, Sine
from tests.support.cli_feeds import feeds as feeds
from tests.unit.cli.serve.test_command import FakeService
from tests.unit.cli.serve.test_command import service as service
from ticker.cli import main
from ticker.server import Settings

pytestmark = pytest.mark.usefixtures("feeds", "service")

Write = Callable[[str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a configuration file, and returns its path."""

    def written(text: str) -> str:
        path = tmp_path / "ticker.toml"
        path.write_text(text)
        return str(path)

    return written


def serve(*args: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["serve", *args], env=env)


def settings(*args: str, env: dict[str, str] | None = None) -> Settings:
    """The settings of a server that starts with these arguments."""
    result = serve(*args, env=env)
    assert result.exit_code == 0, result.output
    return FakeService.made[-1].settings


def failure(*args: str) -> str:
    """The one line on stderr of a server that doesn't start."""
    result = serve(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert FakeService.made == []
    (line,) = result.stderr.splitlines()
    return line


SINE = 'feed = "sine"\n[sine]\nkey = "k"\n'


def test_a_file_sets_the_options_of_the_server_and_of_the_feed(write: Write) -> None:
    """Numbers, texts, flags and arrays; the feed's options stand in its table."""
    path = write(
        'feed = "sine"\nport = 0\nheartbeat = 3\nmax-symbols = 7\ncompress = true\n'
        'allow-origin = ["https://a.example", "https://b.example"]\ntrusted-proxy = ["10.0.0.0/8"]\n'
        '[sine]\nkey = "k"\nrate-hz = 5\nloop = true\nsymbols = ["A", "B"]\nvenue = "dark"\nsine-host = "h"\n'
    )
    made = settings("--config", path)
    assert (made.port, made.heartbeat_s, made.limits.symbols, made.compress) == (0, 3.0, 7, True)
    assert made.allowed_origins == {"https://a.example", "https://b.example"}
    assert [str(each) for each in made.proxies] == ["10.0.0.0/8"]
    built = Sine.built[0]
    assert (built.key, built.rate_hz, built.loop, built.symbols) == ("k", 5.0, True, ("A", "B"))
    assert (built.venue.value, built.host) == ("dark", "h")


def test_the_command_line_comes_before_the_environment_and_the_environment_before_the_file(write: Write) -> None:
    """And the file before the default."""
    path = write("port = 1\nmax-symbols = 1\nmax-depth = 5\n" + SINE + "rate-hz = 1\ndepth = 1\n")
    env = {"TICKER_MAX_SYMBOLS": "2", "TICKER_PORT": "2", "TICKER_RATE_HZ": "2", "TICKER_DEPTH": "2"}
    made = settings("--config", path, "--port", "3", "--depth", "3", env=env)
    assert (made.port, made.limits.symbols, made.limits.depth, made.limits.connections_per_key) == (3, 2, 5, 1_000)
    assert (Sine.built[0].rate_hz, Sine.built[0].depth) == (2.0, 3)


def test_the_environment_may_name_the_file(write: Write) -> None:
    assert settings(env={"TICKER_CONFIG": write("port = 5\n" + SINE)}).port == 5


def test_the_table_of_a_feed_that_is_not_chosen_is_not_read(write: Write) -> None:
    """One file may serve several feeds."""
    path = write('port = 5\n[sine]\nkey = "k"\n[plain]\nspeed = "nonsense"\n')
    assert settings("--config", path, "--feed", "sine").port == 5


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("prot = 1", ["unknown key prot", "did you mean port?"]),
        ("max_symbols = 1", ["max_symbols", "max-symbols"]),
        ('config = "x"', ["unknown key config"]),
        ("rate-hz = 1", ["unknown key rate-hz", "[sine]"]),
        ("[sine]\nrate-mhz = 1", ["sine.rate-mhz", "did you mean sine.rate-hz?"]),
        ("[sien]\nrate-hz = 1", ["unknown key sien", "did you mean sine?"]),
        ("sine = 1", ["unknown key sine"]),
        ('port = "80"', [": port: '80' is not a whole number"]),
        ("port = true", [": port: "]),
        ("port = 80.5", [": port: "]),
        ("port = 65536", [": port: ", "65535"]),
        ("port = [1]", [": port: "]),
        ("host = 5", [": host: "]),
        ("compress = 1", [": compress: ", "true or false"]),
        ("allow-origin = [1]", [": allow-origin: ", "array of strings"]),
        ('allow-origin = ["prices.example"]', [": allow-origin: ", "https://prices.example"]),
        ('trusted-proxy = ["10.0.0.0/99"]', [": trusted-proxy: "]),
        ('log-level = "loud"', [": log-level: ", "debug"]),
        ("heartbeat = nan", [": heartbeat: "]),
        ('late = "2h"', [": late: ", "longer than 1h"]),
        ('[sine]\nrate-hz = "fast"', [": sine.rate-hz: "]),
        ("[sine]\nrate-hz = 0", ["the feed sine: --rate-hz"]),
        ('[sine]\nvenue = "far"', [": venue: ", "dark"]),
        ("[sine]\nsymbols = [1]", [": sine.symbols: "]),
        ("port = 1\nport = 2", ["line 2"]),
        ("port =", ["line 1"]),
        ("port = 1\nfiles = [1,", ["line 2"]),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_file_and_the_key_or_line(
    write: Write, text: str, terms: list[str]
) -> None:
    path = write(text + "\n")
    line = failure("--config", path, "--feed", "sine", "--key", "k")
    for term in [path, *terms]:
        assert term in line


def test_a_file_that_can_not_be_read_is_one_line(tmp_path: Path) -> None:
    assert f"{tmp_path / 'none.toml'}: No such file" in failure("--config", str(tmp_path / "none.toml"))
    (tmp_path / "latin.toml").write_bytes(b"host = '\xe9'")
    assert "UTF-8" in failure("--config", str(tmp_path / "latin.toml"))


def test_relative_paths_are_relative_to_the_files_folder(write: Write, tmp_path: Path) -> None:
    """Absolute ones stay as they are."""
    made = settings("--config", write('keys = "k.json"\ntls-cert = "/c.pem"\n' + SINE))
    assert (made.keys, made.tls_cert) == (tmp_path / "k.json", Path("/c.pem"))


def test_an_unknown_feed_in_the_file_is_an_error_that_names_the_file(write: Write) -> None:
    """Unless the command line names another."""
    path = write('feed = "sinus"\n')
    line = failure("--config", path)
    assert f"{path}: feed: " in line
    assert "did you mean sine?" in line
    assert settings("--config", path, "--feed", "sine", "--key", "k").port == 8000


# Files


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The feed csv is one that takes files; the list gets those of each that is built."""
    built: list[tuple[str, ...]] = []

    class Csv(Plain):
        def __new__(cls, options: object) -> Sine:  # type: ignore[misc]  # the server is a fake: any feed will do
            built.append(options.path)  # type: ignore[attr-defined]
            return Sine(Sine.Options(key="k"))  # type: ignore[arg-type]

    monkeypatch.setattr("tests.support.cli_feeds.Csv", Csv, raising=False)
    points = [EntryPoint(name, f"tests.support.cli_feeds:{name.title()}", "ticker.feeds") for name in ("csv", "sine")]
    monkeypatch.setattr("ticker.feed.feed.entry_points", lambda group: points)
    return built


def test_files_choose_the_feed_that_reads_them(write: Write, tmp_path: Path, plain: list[tuple[str, ...]]) -> None:
    settings("--config", write('files = ["a.csv", "/b.csv"]\n'))
    settings("--config", write('[csv]\npath = ["p.csv"]\n'), "--feed", "csv")
    settings("--config", write('files = ["a.csv"]\n[csv]\npath = ["p.csv"]\n'))
    assert plain == [
        (str(tmp_path / "a.csv"), "/b.csv"),
        (str(tmp_path / "p.csv"),),
        (str(tmp_path / "p.csv"), str(tmp_path / "a.csv")),
    ]


def test_files_on_the_command_line_replace_those_of_the_file(write: Write, plain: list[tuple[str, ...]]) -> None:
    """And so do those of the environment."""
    path = write('files = ["a.csv"]\n[csv]\npath = ["p.csv"]\n')
    settings("--config", path, "c.csv")
    settings("--config", path, env={"TICKER_PATH": "e.csv"})
    assert plain == [("c.csv",), ("e.csv",)]


def test_files_are_for_the_feed_that_the_file_chooses(write: Write, plain: list[tuple[str, ...]]) -> None:
    """Another one on the command line does without them; a feed that takes none is an error."""
    settings("--config", write('files = ["a.csv"]\n[sine]\nkey = "k"\n'), "--feed", "sine")
    FakeService.made.clear()
    assert "files: the feed sine takes no files" in failure("--config", write('files = ["a.csv"]\n' + SINE))


# --print-config


def printed(*args: str, env: dict[str, str] | None = None) -> str:
    result = serve(*args, "--print-config", env=env)
    assert result.exit_code == 0, result.output
    assert FakeService.made == []
    return result.stdout


GIVEN = (
    *("--feed", "sine", "--port", "0", "--keys", "k.json", "--allow-origin", "https://a.example"),
    *("--trusted-proxy", "10.0.0.0/8", "--max-memory", "64", "--max-rooms", "0", "--heartbeat", "2.5", "--compress"),
    *("--late", "1m30s"),
    *("--webhook", 'http://a.example/"\\', "--webhook-secret", "s", "--state", "d", "--log-format", "json"),
    *("--rate-hz", "5", "--symbols", "A", "B", "--no-loop", "--side", "ask", "--sine-host", "h"),
)


def test_the_printed_file_gives_the_same_settings(write: Write) -> None:
    """From another folder, too: its paths are absolute. Printed again, it is the same."""
    path = write(printed(*GIVEN))
    assert printed("--config", path) == Path(path).read_text()
    first, second = settings(*GIVEN, "--key", "k"), settings("--config", path, "--key", "k")
    for name in ("keys", "webhook_secret", "state"):
        assert getattr(second, name) == getattr(first, name).absolute()
    for name in (
        "port",
        "limits",
        "allowed_origins",
        "proxies",
        "heartbeat_s",
        "compress",
        "webhook",
        "ring_ticks",
        "late_ns",
    ):
        assert getattr(second, name) == getattr(first, name), name
    assert Sine.built[0] == Sine.built[1]


def test_the_printed_file_has_every_option_of_the_help(write: Write) -> None:
    """What is not set is commented out; without the marks of comments it is a file that can be read."""
    text = printed("--feed", "sine")
    options = set(re.findall(r"^  (?:-h, )?--([\w-]+)", serve("--help").output, re.MULTILINE))
    everything = tomllib.loads(re.sub(r"^# ([\w-]+ = )", r"\1", text, flags=re.MULTILINE))
    found = {key for table in (everything, everything["sine"], everything["plain"]) for key in table}
    assert options - {"help", "config", "print-config"} <= found
    assert list(tomllib.loads(text)) == ["feed", "plain", "sine"]
    assert (everything["max-symbols"], everything["sine"]["rate-hz"], everything["no-auth"]) == (10_000, 2.5, False)
    assert everything["sine"]["symbols"] == ["SIN", "WAVE"]


def test_the_printed_file_has_no_secret() -> None:
    """A feed's option may be one; the server's are paths."""
    text = printed("--feed", "sine", env={"TICKER_KEY": "xyzzy"})
    assert "xyzzy" not in text
    assert "# key = " in text
