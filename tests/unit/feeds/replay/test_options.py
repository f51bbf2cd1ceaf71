"""The options of the replay, as flags, as variables and in a configuration file; for `ticker inspect` as well."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from feeds.files.options import ReadOptions
from feeds.inspect import inspection
from feeds.inspect.inspection import Inspection
from ticker.cli import main
from ticker.cli.catalogue import listing

#: The options about what a file leaves open: words, key and value.
STATED: list[tuple[list[str], str, object]] = [
    (["--decimal", ","], "decimal", ","),
    (["--decimal", "."], "decimal", "."),
    (["--day-first"], "day-first", True),
    (["--month-first"], "day-first", False),
    (["--bar-stamp", "end"], "bar-stamp", "end"),
    (["--bar-stamp", "start"], "bar-stamp", "start"),
    (["--allow-negative"], "allow-negative", True),
    (["--exchange", "XTKS"], "exchange", "XTKS"),
]


def printed(*args: str, env: dict[str, str] | None = None) -> Any:
    """The table [csv] that `ticker serve … --print-config` prints."""
    result = CliRunner().invoke(main, ["serve", "day.csv", *args, "--print-config"], env=env)
    assert result.exit_code == 0, result.output
    return tomllib.loads(result.stdout)["csv"]


@pytest.mark.parametrize(("words", "key", "value"), STATED)
def test_an_option_about_files_can_be_given_in_each_way(
    words: list[str], key: str, value: object, tmp_path: Path
) -> None:
    """On the command line, in the environment, and in a configuration file."""
    assert printed(*words)[key] == value
    variable = "TICKER_" + key.upper().replace("-", "_")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    assert printed(env={variable: text})[key] == value
    config = tmp_path / "ticker.toml"
    config.write_text(f"[csv]\n{key} = {text}\n" if isinstance(value, bool) else f'[csv]\n{key} = "{text}"\n')
    assert printed("--config", str(config))[key] == value


@pytest.mark.parametrize(("words", "key", "value"), STATED)
def test_inspect_reads_files_with_the_same_options(
    words: list[str], key: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given as flags or as variables; an option that is not given is left open."""
    seen: list[ReadOptions] = []

    def inspect_files(_paths: object, options: ReadOptions, *_: object) -> Inspection:
        seen.append(options)
        return Inspection(files=[])

    monkeypatch.setattr(inspection, "inspect_files", inspect_files)
    variable, text = "TICKER_" + key.upper().replace("-", "_"), str(value).lower() if value in (True, False) else value
    CliRunner().invoke(main, ["inspect", "day.csv", *words], catch_exceptions=False)
    CliRunner().invoke(main, ["inspect", "day.csv"], env={variable: str(text)}, catch_exceptions=False)
    assert [getattr(options, key.replace("-", "_")) for options in seen] == [value, value]
    CliRunner().invoke(main, ["inspect", "day.csv"], catch_exceptions=False)
    assert seen[-1] == ReadOptions()


def test_each_has_a_description_and_a_variable() -> None:
    options = {option.flags[0]: option for option in listing("csv").options}
    for words, _, _ in STATED:
        option = options.get(words[0]) or options["--day-first"]
        assert option.description
        assert option.variable.startswith("TICKER_")
    assert options["--day-first"].flags == ("--day-first", "--month-first")


@pytest.mark.parametrize("words", [["--decimal", ";"], ["--bar-stamp", "middle"]])
def test_a_value_that_is_no_choice_is_refused_with_the_choices(words: list[str]) -> None:
    result = CliRunner().invoke(main, ["serve", "day.csv", *words])
    assert result.exit_code == 2
    assert words[0] in result.stderr
    assert repr(words[1]) in result.stderr
