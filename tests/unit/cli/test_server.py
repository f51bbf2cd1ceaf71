"""How a command gets its key: by a file or the environment, which no list of processes shows."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from ticker.cli import main
from ticker.cli.failure import Failure
from ticker.cli.server import KEY_VARIABLE, read_key, trust


@pytest.mark.parametrize("name", ["watch", "chat", "notify", "ping", "record", "replay"])
def test_no_option_takes_a_key_itself(name: str) -> None:
    """All users of the machine can read arguments."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    parts = list(command.commands.values()) if isinstance(command, click.Group) else [command]
    options = {option for part in parts for param in part.params for option in param.opts}
    assert {"--key-file", "--ca"} <= options
    assert not options & {"--key", "--token", "--secret", "--password"}


def test_the_file_comes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    path.write_text("tk_file\n")
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert read_key(None) is None
    monkeypatch.setenv(KEY_VARIABLE, " tk_environment ")
    assert read_key(None) == "tk_environment"
    assert read_key(path) == "tk_file"


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"two\nlines", b"\xff\xfe"])
def test_a_file_that_has_no_key_is_told_without_what_it_has(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(Failure) as told:
        read_key(path)
    assert str(path) in told.value.message
    assert "lines" not in told.value.message
    with pytest.raises(Failure, match="No such file"):
        read_key(tmp_path / "none")
    with pytest.raises(Failure, match="not a PEM certificate"):
        trust(path)
