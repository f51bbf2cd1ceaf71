"""The code in the section "Add a feed" of CONTRIBUTING.md runs."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ticker.errors import OptionError
from ticker.feed.feed import Feed, feed_options
from ticker.testing import check_feed

GUIDE = Path(__file__).parents[3] / "CONTRIBUTING.md"


def blocks(language: str) -> list[str]:
    """The code blocks of the section."""
    section = GUIDE.read_text(encoding="utf-8").split("## Add a feed\n")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


@pytest.fixture
def sine_feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The example as an importable module."""
    (tmp_path / "sine_feed.py").write_text(blocks("python")[0], encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import sine_feed  # type: ignore[import-not-found]  # it is written just before

    yield sine_feed
    del sys.modules["sine_feed"]


async def test_the_example_passes_check_feed(sine_feed: ModuleType) -> None:
    """With options given as strings, as on the command line."""
    options: Any = feed_options(sine_feed.Sine, {"symbols": "A, B,C", "rate_hz": "200"})
    feed = sine_feed.Sine(options)
    assert isinstance(feed, Feed)
    assert list(feed.info.symbols) == ["A", "B", "C"]
    assert await check_feed(feed, events=20) == []


def test_the_example_of_a_test_passes(sine_feed: ModuleType) -> None:
    names: dict[str, Any] = {}
    exec(blocks("python")[1], names)
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert len(tests) == 1
    asyncio.run(tests[0]())


def test_an_invalid_option_of_the_example_is_an_error(sine_feed: ModuleType) -> None:
    with pytest.raises(OptionError, match=r"--rate-hz: .*> 0"):
        feed_options(sine_feed.Sine, {"rate_hz": "0"})


def test_the_example_is_about_30_lines() -> None:
    """Without blank lines and imports."""
    lines = [
        line for line in blocks("python")[0].splitlines() if line.strip() and not line.startswith(("import", "from"))
    ]
    assert 15 <= len(lines) <= 32


def test_the_entry_point_names_the_example() -> None:
    assert 'ticker.feeds"]\nsine = "sine_feed:Sine"' in blocks("toml")[0]
