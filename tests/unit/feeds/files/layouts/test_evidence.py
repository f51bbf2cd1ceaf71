"""A layout that implies a zone or a scale has evidence that only its vendor leaves."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.files.layouts.headerless import HEADERLESS, PLAIN_BARS
from feeds.files.layouts.layout import Layout
from feeds.files.layouts.with_header import WITH_HEADER
from tests.support.fake_source import read
from tests.support.samples import EST, NEW_YORK

LAYOUTS = [each for each in (*WITH_HEADER, *HEADERLESS) if not each.name.startswith("lean-")]
NO_ZONE = ("no zone in the file: taken as UTC", "--time-zone")


def notes(content: str, name: str = "AAPL.csv", **options: Any) -> list[tuple[str, str | None]]:
    """The notes on zones and dates."""
    found = read(content, name, **options).report.notes
    return [(note.text, note.option) for note in found if "symbol" not in note.text]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.title)
def test_a_zone_or_a_scale_has_evidence(layout: Layout) -> None:
    """One phrase; without a zone and a scale there is nothing to prove."""
    implies = layout.zone is not None or layout.scale != 1
    assert bool(layout.evidence) == implies
    assert bool(layout.traces) <= bool(layout.evidence)
    assert bool(layout.source) <= bool(layout.evidence)


def test_the_zones_that_no_vendor_was_found_to_state_are_told_as_assumed() -> None:
    """Of others the source is named."""
    assumed = sorted({each.name for each in LAYOUTS if each.evidence and not each.source})
    assert assumed == ["taq-quotes", "taq-trades", "taq-wrds"]
    row = "Time,Exchange,Symbol,Bid_Price,Bid_Size,Offer_Price,Offer_Size\n093000000000001,N,A,1,1,2,1\n"
    told = f"times are in the zone {NEW_YORK}, as in files of NYSE Daily TAQ quotes, which is assumed"
    assert (told, "--time-zone") in notes(row, "quotes.csv", date="2024-01-03")


@pytest.mark.parametrize(
    ("name", "day", "zone", "whose"),
    [
        ("AAPL_full_1min_adjsplitdiv.txt", "2024-01-05", NEW_YORK, "FirstRate bars"),
        ("ETH_full_5min.txt", "2024-01-06", "UTC", "FirstRate bars of crypto"),
        ("crypto/ETH_full_5min.txt", "2024-01-05", "UTC", "FirstRate bars of crypto"),
        ("EURUSD_full_1min.txt", "2024-01-07", NEW_YORK, "FirstRate bars"),
    ],
)
def test_files_of_firstrate_are_in_new_york_but_those_of_crypto_in_utc(
    name: str, day: str, zone: str, whose: str
) -> None:
    """Crypto is told by rows on a Saturday (2024-01-06), or by the names. Currencies open on Sunday evening."""
    rows = f"{day} 18:30:00,184.2,184.3,184,184.1,1000\n{day} 18:31:00,184.1,184.6,184.1,184.5,900\n"
    report = read(rows, name).report
    assert (report.layout, report.time_zone, report.how["time_zone"]) == ("firstrate", zone, "layout")
    assert (f"times are in the zone {zone}, as in files of {whose}", "--time-zone") in notes(rows, name)


@pytest.mark.parametrize("layout", PLAIN_BARS, ids=lambda layout: str(len(layout.fields)))
def test_bars_without_an_origin_imply_nothing(layout: Layout) -> None:
    assert (layout.zone, layout.scale, layout.evidence) == (None, 1, "")


GENERIC = "timestamp,open,high,low,close,volume\n2024-01-03 09:30:00,1,2,1,2,5\n2024-01-03 09:35:00,1,2,1,2,5\n"


@pytest.mark.parametrize("name", ["AAPL.csv", "bars_5min.csv", "intraday.csv", "daily_AAPL.csv"])
def test_a_header_that_many_programs_write_is_of_no_vendor(name: str) -> None:
    """It is UTC, and a note says so."""
    report = read(GENERIC, name, symbol="A").report
    assert (report.layout, report.time_zone, report.how["time_zone"]) == ("bars", "UTC", "assumed")
    assert NO_ZONE in notes(GENERIC, name, symbol="A")


@pytest.mark.parametrize("name", ["intraday_5min_IBM.csv", "AlphaVantage_IBM.csv", "alpha_vantage/IBM.csv"])
def test_a_file_that_names_its_vendor_is_in_its_zone(name: str) -> None:
    """Which is noted too."""
    report = read(GENERIC, name).report
    assert (report.layout, report.time_zone, report.how["time_zone"]) == ("alpha-vantage", NEW_YORK, "layout")
    assert (f"times are in the zone {NEW_YORK}, as in files of Alpha Vantage", "--time-zone") in notes(GENERIC, name)


def test_the_columns_of_taq_need_the_times_of_taq() -> None:
    """Others write the same columns with other times."""
    head = "Time,Exchange,Symbol,Bid_Price,Bid_Size,Offer_Price,Offer_Size\n"
    ours = read(head + "2024-01-03 14:30:00,N,A,1,1,2,1\n").report
    assert (ours.layout, ours.time_zone, ours.quotes) == ("quotes", "UTC", 1)
    taq = read(head + "093000000000001,N,A,1,1,2,1\n", date="2024-01-03").report
    assert (taq.layout, taq.time_zone) == ("taq-quotes", NEW_YORK)


@pytest.mark.parametrize(
    ("row", "layout", "name", "zone"),
    [
        ("20240703 093000123,1.0925,1.0926,0", "histdata-ticks", "DAT_ASCII_EURUSD_T_202407.csv", EST),
        ("07/03/2024,09:30:01,184.2,184.1,184.3,100", "kibot-ticks", "kibot/IBM.txt", NEW_YORK),
    ],
)
def test_columns_that_show_a_layout_do_not_show_its_zone(row: str, layout: str, name: str, zone: str) -> None:
    """The names of the file do."""
    report = read(row + "\n", name).report
    assert (report.layout, report.time_zone) == (layout, zone)
    report = read(row + "\n", "EURUSD.csv").report
    assert (report.layout, report.time_zone) == (layout, "UTC")
    assert NO_ZONE in notes(row + "\n", "EURUSD.csv")


def test_the_option_for_the_layout_states_its_zone() -> None:
    report = read("07/03/2024,09:30,184.2,184.3,184,184.1,1000\n", "AAPL.csv", layout="kibot").report
    assert (report.layout, report.time_zone) == ("kibot", NEW_YORK)


def test_an_option_and_an_offset_are_no_assumptions() -> None:
    assert notes(GENERIC, time_zone="Asia/Tokyo") == []
    assert notes("timestamp,price\n2024-01-03T14:30:00Z,1\n1704292200,1\n") == []
    assert notes("timestamp,price\n1704292200,1\n") == []
