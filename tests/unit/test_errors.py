"""The command that error messages recommend for a missing extra."""

from __future__ import annotations

import shlex
import sys
from importlib import metadata
from pathlib import Path

import pytest

from ticker import errors
from ticker.errors import install_hint

ROOT = Path(__file__).parents[2]


def test_in_a_checkout_the_hint_installs_the_checkout_with_the_extra() -> None:
    assert shlex.split(install_hint("files")) == [sys.executable, "-m", "pip", "install", "-e", f"{ROOT}[files]"]


def test_the_hint_quotes_a_path_with_a_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = tmp_path / "my checkout"
    checkout.mkdir()
    (checkout / "pyproject.toml").touch()
    monkeypatch.setattr(errors, "__file__", str(checkout / "ticker" / "errors.py"))
    assert shlex.split(install_hint("auth"))[-1] == f"{checkout}[auth]"


@pytest.mark.parametrize(
    ("extra", "packages"), [("files", ["pyarrow", "zstandard"]), ("auth", ["cryptography", "pyjwt[crypto]"])]
)
def test_a_wheels_hint_installs_the_packages_of_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: str, packages: list[str]
) -> None:
    monkeypatch.setattr(errors, "__file__", str(tmp_path / "site-packages" / "ticker" / "errors.py"))
    words = shlex.split(install_hint(extra))
    assert words[:4] == [sys.executable, "-m", "pip", "install"]
    assert [word.partition(">=")[0] for word in words[4:]] == packages


def test_every_extra_that_messages_name_exists() -> None:
    assert {"auth", "files"} <= set(metadata.metadata("ticker-hub").get_all("Provides-Extra") or ())
