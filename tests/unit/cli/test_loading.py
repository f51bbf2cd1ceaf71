"""The progress bar for loading files."""

from __future__ import annotations

import io

import pytest

from ticker.cli.loading import LoadingBar
from ticker.feed.feed import LoadProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def reading(name: str = "trades.csv", done_bytes: int = 500) -> LoadProgress:
    return LoadProgress(name, done_bytes, 1_000, 1_234_567)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_short_load_shows_no_bar() -> None:
    out, clock = Terminal(), Clock()
    with LoadingBar(out, clock) as bar:
        clock.now_s = 0.1
        bar.show(reading())
    assert out.getvalue() == ""


def test_a_long_load_shows_a_bar_and_erases_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With name, percentage and rows."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    out, clock = Terminal(), Clock()
    with LoadingBar(out, clock) as bar:
        clock.now_s = 5.0
        bar.show(reading())
        bar.show(reading(name="\x1b[31m[red]x.csv", done_bytes=2_000))
    text = out.getvalue()
    assert "100%" in text
    assert "1,234,567 rows" in text
    assert "\x1b[31m[red]" not in text
    assert text.endswith("\x1b[2K")


@pytest.mark.parametrize(("out", "term"), [(io.StringIO(), "xterm"), (Terminal(), "dumb")])
def test_no_bar_is_shown_without_a_capable_terminal(
    out: io.StringIO, term: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    with LoadingBar.on(out) as bar:
        bar.show(reading())
    assert out.getvalue() == ""
