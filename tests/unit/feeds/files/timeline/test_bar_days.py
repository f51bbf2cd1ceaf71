"""Trading days of files of bars: where daily bars start, and what the market makes of each file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.market_of_files import bars, day, market_of, starts
from tests.support.published import Published, published
from tests.support.samples import NEW_YORK, at
from ticker.intervals import DAY_NS, KEPT, interval
from ticker.market.market import Market

TOKYO = "Asia/Tokyo"
#: Open, high, low, close, volume.
PRICES = ((10, 12, 9, 11, 100), (11, 13, 10, 12, 200), (12, 14, 11, 13, 300), (13, 15, 12, 14, 400))


def write(folder: Path, stamps: Sequence[str | int], name: str = "A.csv", header: str = "timestamp") -> Path:
    """A file of bars whose prices rise by 1."""
    path = folder / name
    rows = []
    for number, stamp in enumerate(stamps):
        values = [value + number // 4 * 4 for value in PRICES[number % 4]]
        rows.append(f"{stamp},{','.join(map(str, values))}\n")
    path.write_text(f"{header},open,high,low,close,volume\n{''.join(rows)}")
    return path


def read(folder: Path, stamps: Sequence[str | int], **options: Any) -> Published:
    return published([write(folder, stamps)], symbol="A", **options)


def first_starts(found: Published) -> list[int]:
    return [bar[1] for bar in found.closed]


def notes(found: Published) -> list[str]:
    return [note.text for note in found.report.notes if note.option == "--exchange"]


def lengths(market: Market) -> list[str]:
    """The intervals of which there are bars."""
    return [each.name for each in KEPT if len(market.bars.history(0, each)[0])]


WINTER = ("2024-01-10", "2024-01-11", "2024-01-12")
#: Across the change of the clocks of 2024-03-10 in New York.
SPRING = ("2024-03-07", "2024-03-08", "2024-03-11", "2024-03-12")


@pytest.mark.parametrize(
    ("stamps", "options", "expected"),
    [
        # Dates alone are dates of the calendar, whichever it is.
        (WINTER, {}, [at(each) for each in WINTER]),
        (WINTER, {"time_zone": TOKYO}, [at(each, TOKYO) for each in WINTER]),
        (WINTER, {"exchange": "XNYS"}, [at(each, NEW_YORK) for each in WINTER]),
        (WINTER, {"exchange": "forex"}, [at(f"2024-01-{each} 17:00", NEW_YORK) for each in ("09", "10", "11")]),
        (WINTER, {"exchange": "24/7", "time_zone": TOKYO}, [at(each) for each in WINTER]),
        (SPRING, {"exchange": "XNYS"}, [at(each, NEW_YORK) for each in SPRING]),
        # Midnights of an offset.
        ([f"{each} 00:00:00+09:00" for each in WINTER], {}, [at(each, TOKYO) for each in WINTER]),
        (["2024-03-07T00:00:00-05:00", "2024-03-08T00:00:00-05:00", "2024-03-11T00:00:00-04:00"], {},
         [at(each, NEW_YORK) for each in SPRING[:3]]),
        ([f"{each}T05:00:00Z" for each in WINTER], {}, [at(each, NEW_YORK) for each in WINTER]),
        # The opening of the session, and a close.
        (["2024-03-07T14:30:00Z", "2024-03-08T14:30:00Z", "2024-03-11T13:30:00Z"], {"exchange": "XNYS"},
         [at(each, NEW_YORK) for each in SPRING[:3]]),
        ([f"{each} 16:00" for each in SPRING], {"time_zone": NEW_YORK}, [at(each, NEW_YORK) for each in SPRING]),
        # Forex: from Sunday evening on.
        ([f"2024-01-{each} 17:00" for each in ("07", "08", "09", "10")], {"time_zone": NEW_YORK, "exchange": "forex"},
         [at(f"2024-01-{each} 17:00", NEW_YORK) for each in ("07", "08", "09", "10")]),
        # Seconds since 1970, at midnight UTC.
        ([1_704_844_800, 1_704_931_200], {"exchange": "XTKS"}, [at(each, TOKYO) for each in WINTER[:2]]),
    ],
)  # fmt: skip
def test_a_daily_bar_starts_where_the_day_of_its_date_starts(
    stamps: Sequence[str | int], options: dict[str, Any], expected: list[int], tmp_path: Path
) -> None:
    found = read(tmp_path, stamps, **options)
    assert first_starts(found) == expected
    assert [trade[1] for trade in found.trades[::4]] == expected


@pytest.mark.parametrize(
    ("stamps", "options"),
    [
        (WINTER, {}),
        (WINTER, {"exchange": "forex"}),
        (SPRING, {"exchange": "XNYS"}),
        ([f"{each} 00:00:00+09:00" for each in WINTER], {}),
        ([f"{each}T14:30:00Z" for each in WINTER], {}),
        ([f"{each} 22:00:00Z" for each in ("2024-01-07", "2024-01-08", "2024-01-09", "2024-01-10")], {}),
    ],
)
def test_a_day_never_begins_inside_a_daily_bar(stamps: Sequence[str], options: dict[str, Any], tmp_path: Path) -> None:
    """The board has the day of the last bar, and the close before it."""
    market = market_of([write(tmp_path, stamps)], symbol="A", **options)
    last = len(stamps) - 1
    values = dict(zip(("open", "high", "low", "last", "volume"), PRICES[last], strict=True))
    found = day(market, "A")
    assert {name: found[name] for name in values} == values
    assert found["prev_close"] == PRICES[last - 1][3]
    assert bars(market, "A", "1d") == list(PRICES[: last + 1])


def test_each_day_has_the_change_from_the_day_before(tmp_path: Path) -> None:
    stamps = [f"{each} 00:00:00+09:00" for each in WINTER]
    for count in (2, 3):
        market = market_of([write(tmp_path, stamps[:count])], symbol="A")
        assert day(market, "A")["prev_close"] == PRICES[count - 2][3]
        assert starts(market, "A", "1d") == [at(each, TOKYO) for each in WINTER[:count]]


def test_a_friday_and_a_monday_are_days(tmp_path: Path) -> None:
    """Though they are three days apart; bars every three days are longer."""
    assert read(tmp_path, ("2024-01-12", "2024-01-15")).report.interval_ns == DAY_NS
    assert read(tmp_path, ("2024-01-12", "2024-01-15", "2024-01-18")).report.interval_ns == 3 * DAY_NS


def test_what_is_taken_for_a_day_is_told(tmp_path: Path) -> None:
    assert notes(read(tmp_path, WINTER)) == ["trading days are taken to begin at midnight, UTC"]
    assert notes(read(tmp_path, WINTER, exchange="XNYS")) == []
    (note,) = notes(read(tmp_path, [f"{each} 00:00:00+09:00" for each in WINTER]))
    assert "midnight in Asia/Tokyo" in note
    (note,) = notes(read(tmp_path, [f"{each}T14:30:00Z" for each in WINTER]))
    assert note == "trading days begin where the bars start"
    (note,) = notes(read(tmp_path, [f"{each} 16:00" for each in WINTER]))
    assert note == "bars stamped 16:00 are taken as bars of their dates"


def test_bars_of_sundays_and_holidays_are_trading_days_too(tmp_path: Path) -> None:
    """2024-01-14 is a Sunday, on which the exchange does not trade; other Sundays stay without a day."""
    stamps = ("2024-01-12", "2024-01-14", "2024-01-15", "2024-01-16")
    path = write(tmp_path, stamps)
    market = market_of([path], "XNYS", symbol="A")
    assert starts(market, "A", "1d") == [at(each, NEW_YORK) for each in stamps]
    assert day(market, "A")["prev_close"] == PRICES[2][3]
    found = published([path], symbol="A", exchange="XNYS")
    assert notes(found) == ["bars of Sundays, on which XNYS does not trade, are trading days too"]


def test_weekly_bars_make_no_shorter_ones(tmp_path: Path) -> None:
    """And no months, which aren't made of weeks. Their board's day is the week."""
    market = market_of([write(tmp_path, ("2024-01-01", "2024-01-08", "2024-01-15"))], symbol="A")
    assert lengths(market) == ["1w"]
    assert bars(market, "A", "1w") == list(PRICES[:3])
    assert day(market, "A")["prev_close"] == 12
    assert day(market, "A")["volume"] == 300


def test_weekly_bars_of_fridays_and_of_forex_are_weeks(tmp_path: Path) -> None:
    fridays = ("2024-01-05", "2024-01-12", "2024-01-19")
    assert bars(market_of([write(tmp_path, fridays)], symbol="A"), "A", "1w") == list(PRICES[:3])
    market = market_of([write(tmp_path, ("2024-01-01", "2024-01-08", "2024-01-15"))], "forex", symbol="A")
    sundays = [at(f"{each} 17:00", NEW_YORK) for each in ("2023-12-31", "2024-01-07", "2024-01-14")]
    assert starts(market, "A", "1w") == sundays


def test_monthly_bars_last_a_month(tmp_path: Path) -> None:
    """February has 29 days, April 30; the last bar lasts until the first of the next month."""
    months = ("2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01")
    path = write(tmp_path, months)
    market = market_of([path], symbol="A")
    assert lengths(market) == ["1M"]
    assert bars(market, "A", "1M") == list(PRICES)
    assert day(market, "A")["prev_close"] == 13
    assert published([path], symbol="A").last == at("2024-05-01")


@pytest.mark.parametrize(
    ("step", "shorter", "longer"),
    [
        ("5min", ["1s", "5s", "1m"], "15m"),
        ("4h", ["1s", "5s", "1m", "5m", "15m", "1h"], "1d"),
        ("1min", ["1s", "5s"], "5m"),
    ],
)
def test_no_bars_shorter_than_the_files_are_made(step: str, shorter: list[str], longer: str, tmp_path: Path) -> None:
    """Longer ones are folded from the file's bars, exactly; vwap and trades stay unknown."""
    import pandas as pd

    stamps = [str(stamp) for stamp in pd.date_range("2024-01-10", periods=8, freq=step)]
    market = market_of([write(tmp_path, stamps)], symbol="A")
    assert not set(shorter) & set(lengths(market))
    _, values, *_ = market.bars.history(0, interval(longer))
    whole = market.bars.history(0, interval("1d"))[1]
    assert whole[:, 4].sum() == values[:, 4].sum() == 2 * sum(row[4] for row in PRICES) + 16
    assert (values[:, 5] != values[:, 5]).all()
    assert (values[:, 6] != values[:, 6]).all()


def test_longer_bars_have_the_vwap_and_trades_of_the_files_bars(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    rows = ("2024-01-10 00:00,10,12,9,11,100,10.5,7", "2024-01-10 00:01,11,13,10,12,300,11.5,5",
            "2024-01-10 00:05,1,1,1,1,10,1,2", "2024-01-10 00:06,1,1,1,1,10,,3")  # fmt: skip
    path.write_text("timestamp,open,high,low,close,volume,vwap,trade_count\n" + "\n".join(rows) + "\n")
    market = market_of([path], symbol="A")
    _, values, *_ = market.bars.history(0, interval("5m"))
    assert values[0].tolist() == [10, 13, 9, 12, 400, (10.5 * 100 + 11.5 * 300) / 400, 12]
    assert values[1, 6] == 5
    assert values[1, 5] != values[1, 5]


def test_files_of_several_markets_have_days_of_their_own(tmp_path: Path) -> None:
    """By symbol."""
    write(tmp_path, [f"{each} 00:00:00+09:00" for each in WINTER], "SONY.csv")
    write(tmp_path, [f"{each} 00:00:00-05:00" for each in WINTER], "IBM.csv")
    write(tmp_path, ("2024-01-01", "2024-01-08"), "WEEK.csv")
    market = market_of([tmp_path])
    assert starts(market, "SONY", "1d") == [at(each, TOKYO) for each in WINTER]
    assert starts(market, "IBM", "1d") == [at(each, NEW_YORK) for each in WINTER]
    for name in ("SONY", "IBM"):
        assert day(market, name)["prev_close"] == 12
    assert day(market, "WEEK")["prev_close"] == 11
    assert day(market, "WEEK")["volume"] == 200


def test_a_bar_that_crosses_the_end_of_a_day_belongs_to_the_day_in_which_it_starts(tmp_path: Path) -> None:
    """Bars of 4 hours from midnight UTC; the forex day begins at 22:00 UTC."""
    stamps = ["2024-01-10 16:00", "2024-01-10 20:00", "2024-01-11 00:00"]
    market = market_of([write(tmp_path, stamps)], "forex", symbol="A")
    assert bars(market, "A", "1d") == [(10, 13, 9, 12, 300), PRICES[2]]
    found = day(market, "A")
    assert (found["prev_close"], found["open"], found["volume"]) == (12, 12, 300)


def test_two_bars_of_one_date_stay_two(tmp_path: Path) -> None:
    """Bars 23 hours apart are no reason to drop one."""
    found = read(tmp_path, ["2024-01-10 00:00", "2024-01-10 23:00"])
    assert len(found.closed) == 2
    assert not found.report.refused
