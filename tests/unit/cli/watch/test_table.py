"""The live table as text: its contents, and what it leaves out on narrow terminals."""

from __future__ import annotations

import io
from datetime import UTC
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from ticker.cli.watch.sheet import Sheet
from ticker.cli.watch.table import FLASH_S, Status, Table
from ticker.wire.messages import FeedState, FeedStateName

TS = 1_767_623_400_000_000_000  # 2026-01-05T14:30:00Z
FIELDS = {
    "last": 101.5, "prev_close": 100.0, "bid": 101.49, "ask": 101.51, "bid_size": 200, "ask_size": 1500,
    "low": 99.0, "high": 102.0, "volume": 1_234_567, "trades": 321, "vwap": 100.123456, "ts": TS,
}  # fmt: skip
LIVE = Status(state="live", url="ws://host:8000/v1/stream")


def sheet_of(**symbols: dict[str, Any]) -> Sheet:
    sheet = Sheet(symbols)
    for symbol, values in symbols.items():
        sheet.apply(symbol, values, 0.0)
    return sheet


def drawn(sheet: Sheet, status: Status = LIVE, width: int = 200, height: int | None = None, now_s: float = 9) -> Text:
    return Table(UTC).draw(sheet, status, now_s, width, height)


def lines(text: Text) -> list[str]:
    return [line.rstrip() for line in text.plain.split("\n")]


def test_a_row_has_all_values_of_a_symbol() -> None:
    """Prices, change with its sign, sizes with units, the time of the newest tick."""
    line = lines(drawn(sheet_of(AAPL=FIELDS)))[3]
    words = ("AAPL", "101.50", "+1.50", "+1.50 %", "200", "101.49", "101.51", "1.5k", "0.02", "1.2M", "321", "100.12")
    for word in (*words, "99.00", "102.00", "14:30:00"):
        assert word in line
    assert "───────●─" in line


def test_a_changed_price_has_an_arrow_and_is_bold_for_a_moment() -> None:
    """It doesn't rely on colour. The arrow stays."""
    sheet = sheet_of(UP=FIELDS, DOWN=FIELDS)
    sheet.apply("UP", {**FIELDS, "last": 101.6}, 5.0)
    sheet.apply("DOWN", {**FIELDS, "last": 101.4}, 5.0)
    fresh, later = drawn(sheet, now_s=5.1), drawn(sheet, now_s=5.1 + FLASH_S)
    assert "101.60 ▲" in lines(fresh)[3]
    assert "101.40 ▼" in lines(fresh)[4]
    assert {"bold green", "bold red"} <= {str(span.style) for span in fresh.spans}
    assert not {"bold green", "bold red"} & {str(span.style) for span in later.spans if "101" in span_text(later, span)}


def span_text(text: Text, span: Any) -> str:
    return text.plain[span.start : span.end]


def test_a_symbol_without_values_has_a_row() -> None:
    """Values may arrive later."""
    assert lines(drawn(Sheet(["NEW"])))[3].split() == ["NEW", "—"]


@pytest.mark.parametrize("width", range(1, 200, 7))
def test_it_fits_every_width(width: int) -> None:
    """No line is longer than the terminal is wide."""
    text = drawn(sheet_of(AAPL=FIELDS), width=width)
    assert all(len(line) <= width for line in lines(text))


def test_a_narrow_terminal_keeps_the_most_important_columns() -> None:
    """Symbol and price always, then the change in percent, then the volume; bid and ask together."""
    titles = {width: lines(drawn(sheet_of(AAPL=FIELDS), width=width))[2].split() for width in (20, 28, 36, 54, 160)}
    assert titles[20] == ["Symbol", "Last"]
    assert titles[28] == ["Symbol", "Last", "Chg", "%"]
    assert titles[36] == ["Symbol", "Last", "Chg", "%", "Volume"]
    assert titles[54] == ["Symbol", "Last", "Chg", "%", "Bid", "Ask", "Volume"]
    assert "VWAP" in titles[160]


def test_rows_that_do_not_fit_are_counted() -> None:
    """All lines together have the height of the terminal."""
    sheet = Sheet([f"S{number}" for number in range(50)])
    text = lines(drawn(sheet, height=20))
    assert len(text) == 20
    assert text[-1] == "… and 34 more"
    assert len(lines(drawn(sheet, height=None))) == 53


def test_columns_do_not_jump_when_a_number_gets_shorter() -> None:
    """They only get wider."""
    table = Table(UTC)
    sheet = sheet_of(A={"last": 100_000.0})
    wide = table.draw(sheet, LIVE, 0, 80, None).plain.split("\n")[2]
    sheet.apply("A", {"last": 1.0}, 1)
    assert table.draw(sheet, LIVE, 1, 80, None).plain.split("\n")[2] == wide


@pytest.mark.parametrize(
    ("state", "words"),
    [("live", "● LIVE"), ("quiet", "○ QUIET"), ("stale", "▲ STALE"), ("paused", "‖ PAUSED"), ("ended", "■ ENDED")],
)
def test_the_heading_has_the_feeds_state(state: FeedStateName, words: str) -> None:
    """A quiet market differs from a failed feed."""
    status = Status(state="live", feed=FeedState(state=state, ts=None))
    assert lines(drawn(Sheet(), status))[0].startswith(words)


def test_without_a_known_state_only_arriving_prices_mean_live() -> None:
    """Until the server has reported the state."""
    sheet, table = Sheet(), Table(UTC)
    assert lines(table.draw(sheet, LIVE, 0, 80, None))[0].startswith("● CONNECTED")
    sheet.apply("A", {}, 0.5)
    assert lines(table.draw(sheet, LIVE, 1, 80, None))[0].startswith("● LIVE")


def test_a_broken_connection_is_shown_instead_of_the_feeds_state() -> None:
    """The feed's state is unknown then."""
    status = Status(state="reconnecting", feed=FeedState(state="live", ts=None))
    assert lines(drawn(Sheet(), status))[0].startswith("◌ RECONNECTING…")


def test_the_heading_has_the_address_the_symbols_and_the_time() -> None:
    """The time of the newest tick is on the right if it fits."""
    heading = lines(drawn(sheet_of(AAPL=FIELDS), width=100))[0]
    assert "ws://host:8000 · 1 symbol" in heading
    assert heading.endswith("2026-01-05 14:30:00 UTC")
    assert len(heading) == 100
    assert "2026" not in lines(drawn(sheet_of(AAPL=FIELDS), width=50))[0]


def test_rejected_symbols_are_listed_below_the_rows() -> None:
    text = lines(drawn(Sheet(["A"]), Status(state="live", rejected=("XYZ", "QQ"))))
    assert text[-1] == "unknown to the server: XYZ, QQ"


def test_the_last_notice_is_below_the_rows() -> None:
    text = lines(drawn(sheet_of(AAPL=FIELDS), Status(state="live", event_line="operator: Maintenance")))
    assert text[-1] == "operator: Maintenance"


def test_names_cannot_control_the_terminal() -> None:
    """Neither with control characters nor with rich's mark-up."""
    sheet = sheet_of(**{"\x1b[2J[bold]X[/]": FIELDS})
    out = io.StringIO()
    Console(file=out, width=120, _environ={}).print(drawn(sheet, Status(state="live", rejected=("\x1b]0;t\x07",))))
    assert "\x1b" not in out.getvalue()
    assert "\x07" not in out.getvalue()
    assert "[bold]X[/]" in out.getvalue()
