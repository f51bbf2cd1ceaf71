"""The events of a room as lines of text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from ticker.cli.chat.lines import Lines, plain
from ticker.wire.messages import Fired, Notice, Present, Said

TODAY = date(2024, 1, 3)


def said(text: str, at: str = "2024-01-03T14:05:06", **changed: Any) -> Said:
    ts = int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1e9)
    return Said(**{"room": "desk", "sender": "Ann", "text": text, "seq": 1, "ts": ts, **changed})


def test_a_line_has_time_name_and_text_with_prices_marked() -> None:
    """As in the dashboard: `$5` is no symbol, and a full stop may follow one."""
    (line,) = Lines(TODAY, UTC).of(said("$AAPL and $BRK.B. $5, A$AAPL, $FX:EURUSD"))
    assert plain(line) == "14:05:06 Ann: $AAPL and $BRK.B. $5, A$AAPL, $FX:EURUSD"
    assert [text for style, text in line if style == "class:price"] == ["$AAPL", "$BRK.B", "$FX:EURUSD"]


def test_a_name_always_has_the_same_style() -> None:
    """Names differ in style."""
    styles = {name: Lines(TODAY, UTC).of(said("x", sender=name))[0][1][0] for name in ("Ann", "Bob", "Carl", "Dora")}
    assert styles["Ann"] == Lines(TODAY, UTC).of(said("y", sender="Ann"))[0][1][0]
    assert len(set(styles.values())) > 1


def test_a_new_day_is_a_line() -> None:
    """Once; lost messages are a line, too."""
    lines = Lines(TODAY, UTC)
    told = [
        plain(line)
        for at in ("02T09:00:00", "02T10:00:00", "03T09:00:00")
        for line in lines.of(said("x", f"2024-01-{at}"))
    ]
    assert told == ["* 2024-01-02", "09:00:00 Ann: x", "10:00:00 Ann: x", "* 2024-01-03", "09:00:00 Ann: x"]
    assert plain(lines.of(said("x", lost=1_234))[0]) == "* 1,234 earlier messages are no longer available"


def test_joins_and_leaves_are_lines() -> None:
    """Without any there is no line."""
    lines = Lines(TODAY, UTC)
    assert plain(lines.joined("desk", "Ann", ["Ann"])) == "* you are in desk as Ann, alone"
    assert plain(lines.joined("desk", "Ann", ["Ann", "Bob"])) == "* you are in desk as Ann, with Bob"
    assert lines.of(Present(room="desk", names=["Bob", "Ann"])) == []
    told = lines.of(Present(room="desk", names=["Ann", "Carl"]))
    assert [plain(line) for line in told] == ["* Carl joined", "* Bob left"]


def test_control_characters_are_replaced() -> None:
    """In names, texts and notices; line breaks become blanks."""
    evil = "a\x1b[2J\nb\u202e\x9b"
    lines = Lines(TODAY, UTC)
    for line in (
        *lines.of(said(evil, sender=evil)),
        *lines.of(Notice(text=evil, sender=evil, ts=1)),
        *lines.of(Present(room=evil, names=[evil])),
        lines.joined(evil, evil, [evil, "x"]),
    ):
        assert plain(line).isprintable()


def test_a_fired_alert_is_a_line() -> None:
    """Any connection of the owner may receive it."""
    (line,) = Lines(TODAY).of(Fired(id=7, symbol="AAPL", when="last > 1", value=2.5, ts=1, seq=1, lost=2))
    assert plain(line).startswith("* alert 7: AAPL last > 1: 2.5 (2 ")
