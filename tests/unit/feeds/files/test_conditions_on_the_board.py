"""What trades with sale conditions change: from a file to the board and the bars, with values worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.market_of_files import bars, day, market_of
from tests.support.samples import text

POLYGON = "ticker,conditions,correction,exchange,id,price,sip_timestamp,size,tape"
START = 1704378600_000000000


def polygon(folder: Path, *rows: tuple[str, int, float, int]) -> Path:
    """Trades of IBM, one a second: conditions, correction, price, size."""
    path = folder / "trades.csv"
    lines = [
        f'IBM,"{conditions}",{correction},4,{at + 1},{price},{START + at * 10**9},{size},1'
        for at, (conditions, correction, price, size) in enumerate(rows)
    ]
    path.write_bytes(text(POLYGON, *lines))
    return path


def test_odd_lots_average_prices_and_contingent_trades_add_volume_only(tmp_path: Path) -> None:
    market = market_of([polygon(
        tmp_path,
        ("", 0, 160.0, 100),
        ("37", 0, 170.0, 5),
        ("2", 0, 150.0, 3000),
        ("52,53,41", 0, 180.0, 70_000),
        ("14,41", 0, 161.0, 200),
        ("", 8, 300.0, 400),
    )])  # fmt: skip
    assert day(market, "IBM") == {
        "open": 160.0, "high": 161.0, "low": 160.0, "last": 161.0, "volume": 73_305.0, "trades": 5.0,
        "prev_close": None,
    }  # fmt: skip
    assert bars(market, "IBM", "1m") == [(160.0, 161.0, 160.0, 161.0, 73_305.0)]


def test_a_derivatively_priced_trade_sets_high_and_low_but_no_last(tmp_path: Path) -> None:
    market = market_of([polygon(tmp_path, ("", 0, 160.0, 100), ("10", 0, 165.0, 10), ("22", 0, 155.0, 10))])
    found = day(market, "IBM")
    assert (found["open"], found["high"], found["low"], found["last"]) == (160.0, 165.0, 155.0, 160.0)
    assert found["volume"] == 120.0


def test_a_trade_out_of_sequence_sets_the_first_last_price_of_the_day(tmp_path: Path) -> None:
    """And none after it."""
    market = market_of([polygon(tmp_path, ("32", 0, 160.0, 100), ("32", 0, 165.0, 10))])
    found = day(market, "IBM")
    assert (found["high"], found["low"], found["last"], found["volume"]) == (165.0, 160.0, 160.0, 110.0)


def test_an_official_close_changes_nothing_and_a_corrected_close_no_volume(tmp_path: Path) -> None:
    market = market_of([polygon(tmp_path, ("", 0, 160.0, 100), ("15", 0, 170.0, 1000), ("38", 0, 159.0, 500))])
    found = day(market, "IBM")
    assert (found["high"], found["low"], found["last"], found["volume"]) == (160.0, 159.0, 159.0, 100.0)


def test_a_symbol_with_nothing_but_odd_lots_has_a_volume_and_no_price(tmp_path: Path) -> None:
    market = market_of([polygon(tmp_path, ("37", 0, 160.0, 5), ("37", 0, 161.0, 7))])
    found = day(market, "IBM")
    assert (found["open"], found["high"], found["low"], found["last"], found["volume"]) == (
        None,
        None,
        None,
        None,
        12.0,
    )


def test_form_t_trades_never_become_the_previous_close(tmp_path: Path) -> None:
    path = tmp_path / "trades.csv"
    path.write_bytes(
        text(
            "symbol,timestamp,exchange,price,size,id,conditions,tape",
            "MSFT,2024-01-03 20:59:00+00:00,Q,370.0,100,1,['@'],C",
            "MSFT,2024-01-03 22:30:00+00:00,P,390.0,50,2,\"['@', 'T']\",C",
            "MSFT,2024-01-04 13:00:00+00:00,P,350.0,20,3,\"['@', 'T', 'I']\",C",
            "MSFT,2024-01-04 14:30:00+00:00,Q,371.0,200,4,\"['@', 'O']\",C",
        )
    )
    market = market_of([path], "XNYS")
    assert day(market, "MSFT") == {
        "open": 371.0, "high": 371.0, "low": 371.0, "last": 371.0, "volume": 220.0, "trades": 2.0, "prev_close": 370.0,
    }  # fmt: skip
    assert bars(market, "MSFT", "1d") == [(370.0, 370.0, 370.0, 370.0, 150.0), (371.0, 371.0, 371.0, 371.0, 220.0)]


@pytest.mark.parametrize(("tape", "last"), [("A", 127.0), ("C", 128.0)])
def test_a_bunched_trade_of_tape_c_is_an_average_price_on_tape_a(tmp_path: Path, tape: str, last: float) -> None:
    path = tmp_path / "trades.csv"
    path.write_bytes(
        text(
            "symbol,timestamp,exchange,price,size,id,conditions,tape",
            f"GE,2024-01-03 14:30:00+00:00,N,127.0,100,1,['@'],{tape}",
            f"GE,2024-01-03 14:30:01+00:00,D,128.0,100,2,\"['@', 'B']\",{tape}",
        )
    )
    found = day(market_of([path]), "GE")
    assert (found["last"], found["high"], found["volume"]) == (last, last, 200.0)


def test_a_recording_of_late_and_corrected_trades_gives_the_corrected_history(tmp_path: Path) -> None:
    """As the same trades do in a file of what is right."""
    recording, right = tmp_path / "day.csv", tmp_path / "right.csv"
    header = "timestamp,symbol,price,size,bid,bid_size,ask,ask_size,conditions,id,change"
    recording.write_bytes(
        text(
            header,
            f"{START},IBM,160,100,,,,,@,1,",
            f"{START + 2 * 10**9},IBM,170,100,,,,,@,2,",
            f"{START + 1 * 10**9},IBM,155,50,,,,,@,3,late",
            f"{START + 3 * 10**9},IBM,180,5,,,,,12 37,4,",
            f"{START + 4 * 10**9},IBM,163,10,,,,,@,5,",
            f"{START + 2 * 10**9},IBM,170,100,,,,,@,2,cancel",
            f"{START + 4 * 10**9},IBM,162,20,,,,,@,5,correct",
        )
    )
    right.write_bytes(
        text(
            header,
            f"{START},IBM,160,100,,,,,@,1,",
            f"{START + 1 * 10**9},IBM,155,50,,,,,@,3,",
            f"{START + 3 * 10**9},IBM,180,5,,,,,12 37,4,",
            f"{START + 4 * 10**9},IBM,162,20,,,,,@,5,",
        )
    )
    found, wanted = market_of([recording]), market_of([right])
    assert day(found, "IBM") == day(wanted, "IBM")
    assert (day(found, "IBM")["high"], day(found, "IBM")["last"], day(found, "IBM")["volume"]) == (162.0, 162.0, 175.0)
    for length in ("1s", "1m", "1d"):
        assert bars(found, "IBM", length) == bars(wanted, "IBM", length)
