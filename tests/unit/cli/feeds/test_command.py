"""``ticker feeds``: a list as text and as JSON."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tests.support.cli_feeds import feeds as feeds
from ticker.cli import main

pytestmark = pytest.mark.usefixtures("feeds")


def test_the_list_shows_names_options_and_errors_in_80_columns() -> None:
    """Without colours in a pipe."""
    result = CliRunner().invoke(main, ["feeds"], env={"FORCE_COLOR": None, "TTY_COMPATIBLE": None})
    assert result.exit_code == 0
    assert "Sine waves." in result.output
    for word in ("--rate-hz", "2.5", "How fast.", "required", "--loop / --no-loop", "ask|bid"):
        assert word in result.output
    assert result.output.count("✗ broken") == 2
    assert "TICKER_" in result.output
    assert "\x1b" not in result.output
    assert max(map(len, result.output.splitlines())) <= 80


def test_json_has_the_same() -> None:
    """And the reason that a feed is broken."""
    found = {feed["name"]: feed for feed in json.loads(CliRunner().invoke(main, ["feeds", "--json"]).output)}
    assert found["sine"]["broken"] is None
    rate = next(option for option in found["sine"]["options"] if option["name"] == "rate_hz")
    assert rate["flags"] == ["--rate-hz"]
    assert (rate["variable"], rate["default"]) == ("TICKER_RATE_HZ", "2.5")
    assert "NoSuchClass" in found["gone"]["broken"]


def test_an_empty_list_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticker.feed.feed.entry_points", lambda group: [])
    assert CliRunner().invoke(main, ["feeds"]).output == "No feed is installed.\n"
    assert json.loads(CliRunner().invoke(main, ["feeds", "--json"]).output) == []
