"""``ticker feeds``: a list for people, and one for programs."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tests.support.cli_feeds import feeds as feeds
from ticker.cli import main

pytestmark = pytest.mark.usefixtures("feeds")


def test_people_get_names_options_and_what_is_broken() -> None:
    """Without colours in a pipe."""
    result = CliRunner().invoke(main, ["feeds"], env={"FORCE_COLOR": None, "TTY_COMPATIBLE": None})
    assert result.exit_code == 0
    assert "Sine waves." in result.output
    for word in ("--rate-hz", "TICKER_RATE_HZ", "2.5", "How fast.", "required", "--loop/--no-loop", "ask|bid"):
        assert word in result.output
    assert result.output.count("✗ broken") == 2
    assert "\x1b" not in result.output


def test_programs_get_json() -> None:
    """All of the same, with the reason why a feed is broken."""
    found = {feed["name"]: feed for feed in json.loads(CliRunner().invoke(main, ["feeds", "--json"]).output)}
    assert found["sine"]["broken"] is None
    rate = next(option for option in found["sine"]["options"] if option["name"] == "rate_hz")
    assert rate["flags"] == ["--rate-hz"]
    assert (rate["variable"], rate["default"]) == ("TICKER_RATE_HZ", "2.5")
    assert "NoSuchClass" in found["gone"]["broken"]


def test_no_feeds_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than nothing."""
    monkeypatch.setattr("ticker.feed.feed.entry_points", lambda group: [])
    assert CliRunner().invoke(main, ["feeds"]).output == "No feed is installed.\n"
    assert json.loads(CliRunner().invoke(main, ["feeds", "--json"]).output) == []
