"""``ticker inspect`` on the command line: its outputs, options and exit statuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner, Result

from feeds.files.report import FileReport
from feeds.inspect.command import command
from feeds.inspect.inspection import FileInspection, Inspection
from feeds.inspect.json_output import as_dict
from tests.support.samples import at, text
from ticker.cli import main
from ticker.cli.catalogue import listing

HEADER = "timestamp,symbol,price,size"
TRADES = text(
    HEADER,
    "2024-01-03T14:30:00.000000001Z,AAPL,184.22,100",
    "2024-01-03T14:30:01Z,MSFT,abc,5",
    "2024-01-03T14:30:02Z,MSFT,370.5,5",
)
BARS = text("date,open,high,low,close,volume", "2024-01-02,10,12,9,11,500", "2024-01-03,11,13,10,12,600")


def inspect(*args: str | Path, **environment: str) -> Result:
    plain = {"FORCE_COLOR": None, "TTY_COMPATIBLE": None, **environment}
    return CliRunner().invoke(main, ["inspect", *map(str, args)], env=plain)


def as_json(*args: str | Path, status: int = 0) -> Any:
    result = inspect("--json", *args)
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name files as the user did, by a relative path."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def trades(tmp_path: Path) -> Path:
    path = Path("trades.csv")
    path.write_bytes(TRADES)
    return path


def test_the_default_output_is_text(trades: Path) -> None:
    """A pipe gets no colours; bad rows alone are no failure."""
    result = inspect(trades)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert "! trades.csv\n  2 trades of 2 symbols, 2024-01-03 14:30:00.000000001 to 14:30:02 UTC\n" in result.output
    assert "trades.csv:3: column 'price': 'abc' is not a price" in result.output
    assert f"ticker serve {trades}" in "".join(result.output.split("\n")).replace("  ", " ")
    assert "\x1b" not in result.output


def test_json_output_is_one_object(trades: Path) -> None:
    """With timestamps as integers and as text."""
    found = as_json(trades)
    assert found["error"] is None
    assert (found["kinds"], found["symbols"]) == ("trades", ["AAPL", "MSFT"])
    assert found["first"] == at("2024-01-03 14:30:00.000000001")
    assert found["first_time"] == "2024-01-03T14:30:00.000000001Z"
    assert found["last_time"] == "2024-01-03T14:30:02.000000000Z"
    assert found["ticks"][0] == {
        "type": "trade", "symbol": "AAPL", "ts": at("2024-01-03 14:30:00.000000001"),
        "time": "2024-01-03T14:30:00.000000001Z", "price": 184.22, "size": 100.0,
    }  # fmt: skip
    (file,) = found["files"]
    assert (file["rows"], file["trades"], file["refused_rows"]) == (3, 2, 1)
    assert file["complaints"][0]["line"] == 3
    assert file["complaints"][0]["words"] == "trades.csv:3: column 'price': 'abc' is not a price"
    assert sum(file["refused"].values()) == 1
    assert file["error"] is None


def test_json_output_has_bars_and_the_ticks_they_are_played_as(tmp_path: Path) -> None:
    path = Path("SPY.csv")
    path.write_bytes(BARS)
    found = as_json(path, "--ticks", "3")
    assert [bar["open"] for bar in found["bars"]] == [10, 11]
    assert [tick["price"] for tick in found["ticks"]] == [10, 9, 12]
    assert found["files"][0]["interval_ns"] == 86_400 * 10**9
    assert found["files"][0]["how"]["symbol"] == "name"


def test_reading_options_can_be_given_as_flags_and_variables(tmp_path: Path) -> None:
    path = Path("x.csv")
    path.write_bytes(text("when;px;qty", "09:30:00;1842200;100"))
    options = ["--time-zone", "Europe/Berlin", "--date", "2024-07-03", "--symbol", "SAP"]
    options += ["--columns", "timestamp=when, price=px,size=qty", "--price-scale", "10000"]
    (tick,) = as_json(path, *options)["ticks"]
    assert (tick["symbol"], tick["time"], tick["price"]) == ("SAP", "2024-07-03T07:30:00.000000000Z", 184.22)
    pairs = zip(options[::2], options[1::2], strict=True)
    result = inspect(
        "--json", path, **{flag.replace("--", "TICKER_").replace("-", "_").upper(): it for flag, it in pairs}
    )
    assert json.loads(result.stdout)["ticks"] == [tick]


def test_inspect_has_every_file_option_of_the_replay() -> None:
    """With the same flag and variable."""
    mine = {(param.opts[0], param.envvar) for param in command.params if isinstance(param, click.Option)}
    theirs = {(option.flags[0], option.variable) for option in listing("csv").options}
    clock = {"--path", "--speed", "--loop", "--max-gap", "--paused"}
    assert {option for option in theirs if option[0] not in clock} == {
        option for option in mine if option[0] not in ("--ticks", "--json")
    }


def test_json_output_has_the_notes() -> None:
    """With the option that changes each, or null."""
    report = FileReport(name="trades.csv", path="trades.csv")
    report.note("no zone in the file: taken as UTC", "--time-zone")
    report.note("conditions are left out")
    (file,) = as_dict(Inspection(files=[FileInspection(report=report)]))["files"]
    assert json.loads(msgspec.json.encode(file))["notes"] == [
        {"text": "no zone in the file: taken as UTC", "option": "--time-zone"},
        {"text": "conditions are left out", "option": None},
    ]


@pytest.mark.parametrize("option", ["--day-first", "--month-first", "--allow-negative", "--bar-stamp end"])
def test_the_replay_command_has_the_options_of_inspect(option: str) -> None:
    path = Path("trades.csv")
    path.write_bytes(text(HEADER, "2024-01-03 14:30:00,AAPL,184.22,100"))
    result = inspect(path, *option.split())
    assert f"Replay  ticker serve trades.csv {option}\n" in result.stdout


def test_a_file_that_can_not_be_replayed_is_reported_as_far_as_it_was_read(tmp_path: Path) -> None:
    """The report goes to stdout, one line to stderr, and the status is 2."""
    path = Path("trades.csv")
    path.write_bytes(text(HEADER, "soon,AAPL,184.22,100"))
    result = inspect(path)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "no row of 1 is good" in result.stderr
    assert "trades.csv:2: column 'timestamp': 'soon'" in result.stdout
    assert "columns" in result.stdout
    found = as_json(path, status=2)
    assert "no row of 1 is good" in found["error"]
    assert found["first"] is None
    assert found["files"][0]["refused_rows"] == 1


def test_one_bad_file_among_good_ones_is_a_failure(trades: Path, tmp_path: Path) -> None:
    """All files are reported."""
    bad = Path("letter.csv")
    bad.write_bytes(text("Dear sir,", "", "nothing to see here."))
    result = inspect(trades, bad)
    assert result.exit_code == 2
    assert "! trades.csv" in result.stdout
    assert "✗ letter.csv" in result.stdout
    assert "Dear sir," in result.stdout
    assert "letter.csv" in result.stderr


def test_json_output_of_a_missing_file_has_the_error(tmp_path: Path) -> None:
    result = inspect("--json", tmp_path / "nowhere.csv")
    assert result.exit_code == 2
    found = json.loads(result.stdout)
    assert "nowhere.csv" in found["error"]
    assert found["files"] == []
    assert len(result.stderr.splitlines()) == 1


def test_strict_fails_at_the_first_bad_row(trades: Path) -> None:
    result = inspect(trades, "--strict")
    assert result.exit_code == 2
    assert result.stderr == "ticker: trades.csv:3: column 'price': 'abc' is not a price\n"


@pytest.mark.parametrize(
    "wrong",
    [
        ["--columns", "price"],
        ["--columns", "=PX"],
        ["--price-scale", "0"],
        ["--price-scale", "nan"],
        ["--ticks", "-1"],
        ["--time-zone", "Mars"],
        ["--exchange", "Mars"],
        ["--decimal", ";"],
        ["--bar-stamp", "middle"],
        ["--layout", "nonsense"],
    ],
)
def test_a_wrong_option_gives_one_line_that_names_it(wrong: list[str], trades: Path) -> None:
    result = inspect(trades, *wrong)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert wrong[0] in result.stderr


def test_without_files_the_error_names_the_argument() -> None:
    result = inspect()
    assert result.exit_code == 2
    assert "FILE" in result.stderr
