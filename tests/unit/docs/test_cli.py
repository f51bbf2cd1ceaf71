"""docs/cli.md against the code: commands, options, the configuration file, completion."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ticker.cli import main
from ticker.cli.server_options import SECTIONS

TEXT = (Path(__file__).parents[3] / "docs/cli.md").read_text(encoding="utf-8")


def test_every_command_is_listed() -> None:
    listed = re.findall(r"^\| `ticker (\w+)` \|", TEXT, re.MULTILINE)
    assert sorted(listed) == main.list_commands(click.Context(main))


def test_the_sections_and_options_that_it_names_exist() -> None:
    assert ", ".join(SECTIONS) in " ".join(TEXT.split())
    options = {flag for group in SECTIONS.values() for option in group for flag in option.opts}
    feeds = {"--symbols"}
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]+", TEXT)) <= options | feeds | {"--help"}
    assert set(re.findall(r"TICKER_[A-Z_]+", TEXT)) - {"TICKER_COMPLETE"} <= {
        str(option.envvar) for group in SECTIONS.values() for option in group
    }


def test_the_example_of_a_configuration_file_is_valid(tmp_path: Path) -> None:
    """Each of its keys is in effect."""
    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    path = tmp_path / "ticker.toml"
    path.write_text(example)
    printed = CliRunner().invoke(main, ["serve", "--config", str(path), "--print-config"])
    assert printed.exit_code == 0, printed.output
    for key in re.findall(r"^([\w-]+) = ", example.partition("[csv]")[0], re.MULTILINE):
        assert re.search(rf"^{key} = ", printed.output, re.MULTILINE), key


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_of_each_shell_is_described(shell: str) -> None:
    assert f"_TICKER_COMPLETE={shell}_source ticker" in TEXT
