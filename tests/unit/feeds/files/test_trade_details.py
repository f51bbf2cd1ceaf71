"""Sale conditions, ids and corrections of trades in files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support.published import Published, published
from tests.support.samples import NEW_YORK, at, text, zipped
from ticker.conditions import REGULAR, Updates

VOLUME = Updates.VOLUME
IF_FIRST = Updates.LAST_IF_FIRST | Updates.HIGH_LOW | Updates.VOLUME
RECORDING = "timestamp,symbol,price,size,bid,bid_size,ask,ask_size,conditions,id,change"
POLYGON = (
    "ticker,conditions,correction,exchange,id,participant_timestamp,price,sequence_number,sip_timestamp,size,tape,"
    "trf_id,trf_timestamp"
)


def read(folder: Path, name: str, *lines: str, **options: Any) -> Published:
    path = folder / name
    path.write_bytes(text(*lines))
    return published([path], **options)


def notes(found: Published) -> list[str]:
    """Those that are about trades."""
    return [note.text for note in found.report.notes if not note.text.startswith("trading days")]


def conditions(found: Published) -> list[tuple[tuple[str, ...], Updates]]:
    return [(conditions, updates) for conditions, updates, _ in found.details]


def polygon(conditions: str, correction: int, trade_id: int | str, second: int, price: float) -> str:
    ts = 1704378600_000000000 + second * 10**9
    return f'IBM,"{conditions}",{correction},4,{trade_id},{ts},{price},{second},{ts},100,1,0,0'


def test_a_file_of_massive_has_conditions_ids_and_corrections(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "trades.csv",
        POLYGON,
        polygon("", 0, 71675577327821, 0, 160.0),
        polygon("12,37", 0, 2, 1, 170.0),
        polygon("10", 0, 3, 2, 161.0),
        polygon("15", 0, 4, 3, 162.0),
        polygon("38", 0, 5, 4, 160.5),
        polygon("14", 1, 6, 5, 160.2),
        polygon("", 8, 7, 6, 300.0),
        polygon("", 7, 8, 7, 301.0),
        polygon("", 10, 7, 8, 300.0),
        polygon("", 12, 6, 9, 302.0),
        polygon("60", 0, 10, 10, 160.3),
    )
    assert [trade[2] for trade in found.trades] == [160.0, 170.0, 161.0, 162.0, 160.5, 160.2, 160.3]
    assert found.details == [
        ((), REGULAR, 71675577327821),
        (("12", "37"), VOLUME, 2),
        (("10",), IF_FIRST, 3),
        (("15",), Updates(0), 4),
        (("38",), Updates.LAST | Updates.HIGH_LOW, 5),
        (("14",), REGULAR, 6),
        (("60",), REGULAR, 10),
    ]
    assert notes(found) == [
        "2 correction records, 1 cancelled trade, 1 erroneous trade left out",
        "2 trades of 7 set no last price, by their sale conditions",
    ]
    assert dict(found.report.left_out) == {"cancelled trade": 1, "erroneous trade": 1, "correction record": 2}
    assert found.report.trades == 7
    assert {(each.conditions, each.updates, each.trades) for each in found.report.conditions} == {
        ("12 37", "volume only", 1),
        ("10", "last if the day has none, high, low, volume", 1),
        ("15", "nothing", 1),
        ("38", "last, high, low", 1),
        ("14", "last, high, low, volume", 1),
        ("60", "last, high, low, volume", 1),
    }


def test_a_cancelled_trade_needs_no_price(tmp_path: Path) -> None:
    found = read(tmp_path, "trades.csv", POLYGON, polygon("", 0, 1, 0, 160.0), polygon("", 8, 2, 1, 0), strict=True)
    assert [trade[2] for trade in found.trades] == [160.0]
    assert not found.report.refused


def test_a_file_of_alpaca_has_lists_and_a_tape(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "trades.csv",
        "symbol,timestamp,exchange,price,size,id,conditions,tape",
        "GE,2024-01-03 14:30:00+00:00,N,127.0,100,1,\"[' ', 'L']\",A",
        "GE,2024-01-03 14:30:01+00:00,D,128.0,100,2,\"[' ', 'B']\",A",
        "AAPL,2024-01-03 14:30:02+00:00,Q,184.0,100,3,\"['@', 'L']\",C",
        "AAPL,2024-01-03 14:30:03+00:00,D,185.0,5,4,\"['@', 'I']\",C",
        "AAPL,2024-01-03 14:30:04+00:00,Q,184.5,100,5,['@'],C",
        "AAPL,2024-01-03 14:30:05+00:00,Q,184.6,100,6,[],C",
    )
    assert found.details == [
        (("L", "CTA"), IF_FIRST, 1),
        (("B", "CTA"), VOLUME, 2),
        (("@", "L", "UTP"), REGULAR, 3),
        (("@", "I"), VOLUME, 4),
        (("@",), REGULAR, 5),
        ((), REGULAR, 6),
    ]
    assert notes(found) == ["2 trades of 6 set no last price, by their sale conditions"]


def test_a_parquet_file_of_lists_is_read(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "symbol": "AAPL",
            "timestamp": pd.to_datetime(["2024-01-03 14:30:00", "2024-01-03 14:30:01"], utc=True),
            "exchange": "Q",
            "price": [184.0, 185.0],
            "size": [100, 5],
            "id": [52983525027890, 2],
            "conditions": [["@"], ["@", "T"]],
            "tape": "C",
        }
    )
    path = tmp_path / "trades.parquet"
    frame.to_parquet(path)
    found = published([path])
    assert found.details == [(("@",), REGULAR, 52983525027890), (("@", "T"), VOLUME, 2)]


def test_a_file_of_taq_has_four_letters_and_correction_codes(tmp_path: Path) -> None:
    header = (
        "Time|Exchange|Symbol|Sale Condition|Trade Volume|Trade Price|Trade Stop Stock Indicator|"
        "Trade Correction Indicator|Sequence Number|Trade Id|Source of Trade"
    )
    rows = [
        ("@   ", "00", "52983525028174", 10.0),
        ("@ TI", "00", "2", 11.0),
        (" F  ", "01", "3", 10.1),
        ("@  W", "00", "4", 12.0),
        ("@4  ", "00", "5", 10.2),
        ("@   ", "08", "6", 99.0),
        ("@   ", "12", "3", 98.0),
    ]
    found = read(
        tmp_path,
        "EQY_US_ALL_TRADE_20240103",
        header,
        *(
            f"0930{second:02}000000000|P|IBM|{condition}|100|{price}| |{correction}|{second}|{trade_id}|C"
            for second, (condition, correction, trade_id, price) in enumerate(rows)
        ),
        "END|20240103|7",
        layout="taq-trades",
    )
    assert found.trades[0][:3] == ("IBM", at("2024-01-03 09:30:00", NEW_YORK), 10.0)
    assert found.details == [
        (("@",), REGULAR, 52983525028174),
        (("@", "T", "I"), VOLUME, 2),
        (("F",), REGULAR, 3),
        (("@", "W"), VOLUME, 4),
        (("@", "4"), IF_FIRST, 5),
    ]
    assert "1 cancelled trade, 1 correction record left out" in notes(found)


def test_columns_of_wrds_are_known_by_name(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "ibm.csv",
        "DATE,TIME_M,EX,SYM_ROOT,SYM_SUFFIX,TR_SCOND,SIZE,PRICE,TR_CORR",
        "20240103,9:30:00.014,N,IBM,,L,100,160.0,00",
        "20240103,9:30:01.000,D,IBM,,B,5,150.0,00",
        "20240103,9:30:02.000,D,IBM,,@ I,5,161.0,08",
        time_zone=NEW_YORK,
    )
    assert [trade[2] for trade in found.trades] == [160.0, 150.0]
    assert [each.conditions for each in found.report.conditions] == ["L", "B"]
    assert "2 trades with condition B or L and no tape: they update what both tapes allow" in notes(found)


def test_a_file_of_lean_has_flags(tmp_path: Path) -> None:
    folder = tmp_path / "equity/usa/tick/ibm"
    folder.mkdir(parents=True)
    path = folder / "20131011_trade.zip"
    rows = ["29475725,1849900,100,P,20002020,0", "34200000,1850000,100,N,1,0", "34200100,1860000,60,N,80000001,0"]
    path.write_bytes(zipped({"20131011_ibm_Trade_Tick.csv": text(*rows)}))
    found = published([path])
    assert [each.conditions for each in found.report.conditions] == ["20002020", "00000001", "80000001"]
    assert [each.updates for each in found.report.conditions] == [
        "volume only",
        "last, high, low, volume",
        "volume only",
    ]


@pytest.mark.parametrize("column", ["conditions", "Sale Condition", "cond", "Trade Conditions", "Sales Condition"])
@pytest.mark.parametrize("texts", [("@", "@ T", "@I"), ("['@']", "['@', 'T']", "['@', 'I']"), ("@", "@,T", "@,I")])
def test_other_files_are_read_if_their_texts_can_be_nothing_else(
    tmp_path: Path, column: str, texts: tuple[str, ...]
) -> None:
    rows = [f'2024-01-03T14:30:0{at}Z,IBM,160.{at},100,"{text}",{at + 7}' for at, text in enumerate(texts)]
    found = read(tmp_path, "trades.csv", f"timestamp,symbol,price,size,{column},trade_id", *rows)
    assert found.details == [(("@",), REGULAR, 7), (("@", "T"), VOLUME, 8), (("@", "I"), VOLUME, 9)]
    if "Sale" not in column:
        assert "sale conditions taken as those of US stocks (CTA, UTP)" in notes(found)


@pytest.mark.parametrize(
    ("texts", "unknown"),
    [
        (("AT", "NT", "AT"), "unknown sale conditions 'AT', 'NT' on 3 trades: they update everything"),
        (("12", "37", ""), "unknown sale conditions '?12', '?37' on 2 trades: they update everything"),
        (("auction", "auction", "auction"), "unknown sale conditions 'auction' on 3 trades: they update everything"),
    ],
)
def test_conditions_of_other_markets_are_kept_and_told(tmp_path: Path, texts: tuple[str, ...], unknown: str) -> None:
    rows = [f"2024-01-03T14:30:0{at}Z,VOD.L,70.{at},100,{text},{at + 1}" for at, text in enumerate(texts)]
    found = read(tmp_path, "trades.csv", "timestamp,symbol,price,size,conditions,id", *rows)
    assert all(updates == REGULAR for _, updates in conditions(found))
    assert unknown in notes(found)


def test_a_column_of_massive_in_another_file_is_told_by_its_timestamps(tmp_path: Path) -> None:
    found = read(
        tmp_path, "trades.csv", "ticker,sip_timestamp,price,size,conditions", 'IBM,1704378600000000000,160.0,5,"12,37"'
    )
    assert [each.conditions for each in found.report.conditions] == ["12 37"]
    assert [each.updates for each in found.report.conditions] == ["volume only"]


def test_more_condition_sets_than_any_market_has_are_left_out(tmp_path: Path) -> None:
    rows = [f"2024-01-03T14:30:00.{at:06}Z,IBM,160.0,100,note {at},{at + 1}" for at in range(5000)]
    found = read(tmp_path, "trades.csv", "timestamp,symbol,price,size,condition,id", *rows)
    assert len(found.trades) == 5000
    assert {updates for _, updates in conditions(found)} == {REGULAR}
    assert any(note.startswith("more than 4,096 different sale conditions") for note in notes(found))


def test_ids_that_are_texts_become_stable_numbers(tmp_path: Path) -> None:
    rows = ["a6d3c2be-0001", "a6d3c2be-0002", "9223372036854775807", "9223372036854775808", "", "0", "a6d3c2be-0001"]
    lines = [f"2024-01-03T14:30:0{at}Z,{'IBM' if at < 6 else 'GE'},160.0,100,{each}" for at, each in enumerate(rows)]
    ids = [
        int(number)
        for path in ("one.csv", "two.csv")
        for *_, number in read(tmp_path, path, "timestamp,symbol,price,size,trade_id", *lines).ids
    ]
    once = ids[:7]
    assert once == ids[7:]
    assert once[2:3] + once[4:6] == [2**63 - 1, 0, 0]
    assert once[0] == once[6]
    assert len(set(once)) == 5
    assert all(0 <= each < 2**63 for each in once)


def test_equal_ids_of_one_symbol_are_told(tmp_path: Path) -> None:
    rows = [f"2024-01-03T14:30:0{at}Z,{name},160.0,100,{each}" for at, (name, each) in enumerate(
        [("IBM", 1), ("GE", 1), ("IBM", 2), ("IBM", 1), ("IBM", ""), ("IBM", "")]
    )]  # fmt: skip
    found = read(tmp_path, "trades.csv", "timestamp,symbol,price,size,id", *rows)
    assert len(found.trades) == 6
    assert notes(found) == ["at least 1 trade with the id of another trade of the same symbol"]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("timestamp,symbol,price,size,change", "2024-01-03T14:30:00Z,IBM,160.0,100,cancel"),
        ("timestamp,symbol,open,high,low,close,volume,id", "2024-01-03T14:30:00Z,IBM,1,2,1,2,100,7"),
        ("timestamp,symbol,bid,ask,conditions", "2024-01-03T14:30:00Z,IBM,160.0,160.1,R"),
    ],
)
def test_columns_that_mean_something_else_are_not_read(tmp_path: Path, header: str, row: str) -> None:
    found = read(tmp_path, "rows.csv", header, row)
    assert header.rpartition(",")[2] in found.report.ignored
    assert found.details == []
    assert found.corrections == []


def test_plain_files_have_no_details(tmp_path: Path) -> None:
    found = read(tmp_path, "rows.csv", "timestamp,symbol,price,size", "2024-01-03T14:30:00Z,IBM,160.0,100")
    assert found.ids == []
    assert found.details == []


def test_a_plain_file_and_one_with_conditions_are_played_together(tmp_path: Path) -> None:
    plain = tmp_path / "a.csv"
    plain.write_bytes(
        text(
            "timestamp,symbol,price,size", *(f"2024-01-03T14:30:0{second}Z,GE,127.{second},100" for second in range(3))
        )
    )
    other = tmp_path / "b.csv"
    other.write_bytes(
        text("timestamp,symbol,price,size,conditions,id", "2024-01-03T14:30:01.5Z,IBM,160.0,5,@ I,7")
    )  # fmt: skip
    found = published([plain, other])
    assert [trade[0] for trade in found.trades] == ["GE", "GE", "IBM", "GE"]
    assert found.details == [((), REGULAR, 0), ((), REGULAR, 0), (("@", "I"), VOLUME, 7), ((), REGULAR, 0)]


def test_a_recording_is_played_in_the_order_in_which_its_trades_arrived(tmp_path: Path) -> None:
    second = 10**9
    start = 1704378600 * second
    found = read(
        tmp_path,
        "day.csv",
        RECORDING,
        f"{start},IBM,160,100,,,,,@,1,",
        f"{start + 2 * second},IBM,161,100,,,,,@ T,2,",
        f"{start + 1 * second},IBM,159,50,,,,,@,3,late",
        f"{start},IBM,160,100,,,,,@,1,cancel",
        f"{start + 2 * second},IBM,161.5,90,,,,,12 37,2,correct",
        f"{start + 3 * second},IBM,,,160,1,161,2,,,",
        f"{start + 4 * second},IBM,162,10,,,,,,0,",
    )
    assert found.report.layout == "recording"
    assert [(ts - start, price) for _, ts, price, _ in found.trades] == [
        (0, 160), (2 * second, 161), (second, 159), (4 * second, 162),
    ]  # fmt: skip
    assert found.details == [
        (("@",), REGULAR, 1), (("@", "T"), VOLUME, 2), (("@",), REGULAR, 3), ((), REGULAR, 0),
    ]  # fmt: skip
    assert found.corrections == [
        ("IBM", start + 2 * second, 1, None, None, ("@",)),
        ("IBM", start + 2 * second, 2, 161.5, 90.0, ("12", "37")),
    ]
    assert found.order == ["trades", "corrections", "trades", "quotes"]
    assert notes(found) == ["1 trade of 4 set no last price, by their sale conditions"]


def test_an_unknown_change_in_a_recording_is_refused(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "day.csv",
        RECORDING,
        "1704378600000000000,IBM,160,100,,,,,@,1,",
        "1704378601000000000,IBM,161,100,,,,,@,2,bust",
    )
    assert found.report.refused == {"not a change": 1}
    (complaint,) = found.report.complaints
    assert complaint.message("day.csv") == "day.csv:3: column 'change': 'bust' is not a change"


def test_details_are_read_alike_by_both_ways_to_split_a_file(tmp_path: Path) -> None:
    """A carriage return alone sends a block to the slower one."""
    lines = [POLYGON, polygon("12,37", 0, 52983525027890, 0, 170.0), polygon("", 8, "a-1", 1, 160.0)]
    lines.append(polygon("", 0, "a-1", 2, 160.0))
    fast = read(tmp_path, "fast.csv", *lines)
    path = tmp_path / "slow.csv"
    path.write_bytes(text(*lines).replace(b"IBM,", b"IBM,", 1) + b'"\n')
    slow = published([path])
    assert slow.details == fast.details
    assert [each[0] for each in fast.details] == [("12", "37"), ()]
    assert slow.report.left_out == fast.report.left_out == {"cancelled trade": 1}


def test_text_of_conditions_may_be_written_by_pandas(tmp_path: Path) -> None:
    """Numbers of a column with gaps get a decimal point."""
    frame = pd.DataFrame(
        {
            "ticker": "IBM",
            "conditions": [None, 37.0],
            "exchange": 4,
            "id": [1.0, 2.0],
            "price": [160.0, 161.0],
            "size": [100, 5],
            "sip_timestamp": [1704378600000000000, 1704378601000000000],
        }
    )
    out = io.BytesIO()
    frame.to_csv(out, index=False)
    path = tmp_path / "trades.csv"
    path.write_bytes(out.getvalue())
    assert published([path]).details == [((), REGULAR, 1), (("37",), VOLUME, 2)]


def test_unknown_correction_indicators_are_played_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, "trades.csv", POLYGON, polygon("", 0, 1, 0, 160.0), polygon("", 5, 2, 1, 161.0))
    assert len(found.trades) == 2
    assert notes(found) == ["unknown correction indicators '5' on 1 trade: they are played"]


def test_ids_of_massive_for_crypto_are_not_those_of_stocks(tmp_path: Path) -> None:
    """There, 2 is a buyer, and no average price."""
    found = read(
        tmp_path,
        "trades.csv",
        "ticker,conditions,correction,exchange,id,participant_timestamp,price,size",
        "X:BTC-USD,2,0,1,7,1704378600000000000,42000.5,0.1",
        "X:BTC-USD,1,0,1,8,1704378601000000000,42001.5,0.2",
    )
    assert found.details == [(("?2",), REGULAR, 7), (("?1",), REGULAR, 8)]
    assert notes(found) == ["unknown sale conditions '?2', '?1' on 2 trades: they update everything"]


def test_short_names_of_alpaca_are_known_together(tmp_path: Path) -> None:
    """Alone, `s` would be a symbol and `c` a close."""
    found = read(
        tmp_path, "AAPL.csv", "t,x,p,s,c,i,z", "2024-01-03T14:30:00Z,V,184.5,50,\"['@', 'I']\",52983525027890,C"
    )
    assert found.trades == [("AAPL", at("2024-01-03 14:30:00"), 184.5, 50)]
    assert found.details == [(("@", "I"), VOLUME, 52983525027890)]


def test_short_names_of_massive_are_known_together(tmp_path: Path) -> None:
    """Alone, `q`, the sequence number, would be a quantity."""
    found = read(
        tmp_path,
        "trades.csv",
        "ev,sym,x,i,z,p,s,c,t,q",
        'T,AAPL,11,52983525027890,3,184.5,50,"[12, 37]",1704292200000,77',
    )
    assert found.trades == [("AAPL", at("2024-01-03 14:30:00"), 184.5, 50)]
    assert found.details == [(("12", "37"), VOLUME, 52983525027890)]


def test_columns_of_us_stocks_are_evidence_of_their_trading_days(tmp_path: Path) -> None:
    found = read(tmp_path, "trades.csv", POLYGON, polygon("", 0, 1, 0, 160.0))
    assert found.report.exchange == "XNYS"
    assert "trading days are those of XNYS, by the columns of US stocks" in [note.text for note in found.report.notes]


@pytest.mark.parametrize("symbol", ["X:BTC-USD", "BTC/USD"])
def test_crypto_of_the_same_vendors_is_none(tmp_path: Path, symbol: str) -> None:
    found = read(tmp_path, "trades.csv", POLYGON, polygon("", 0, 1, 0, 160.0).replace("IBM", symbol))
    assert found.report.exchange is None


def test_any_text_of_conditions_can_be_sent(tmp_path: Path) -> None:
    """A field that is no UTF-8, or as long as a book."""
    path = tmp_path / "trades.csv"
    rows = b"1704378600,IBM,160.0,100,\xff\xfe,1\n1704378601,IBM,160.0,100," + b"x" * 100_000 + b",2\n"
    path.write_bytes(b"timestamp,symbol,price,size,conditions,id\n" + rows)
    found = published([path])
    assert [len(" ".join(sent).encode()) <= 90 for sent, *_ in found.details] == [True, True]
    assert [updates for _, updates in conditions(found)] == [REGULAR, REGULAR]


def test_alpaca_says_in_words_which_trades_were_cancelled(tmp_path: Path) -> None:
    rows = [("160.0", ""), ("300.0", "canceled"), ("301.0", "incorrect"), ("161.0", "corrected")]
    lines = [f"2024-01-03T14:30:0{at}Z,V,{price},50,['@'],{at + 1},C,{word}" for at, (price, word) in enumerate(rows)]
    found = read(tmp_path, "AAPL.csv", "t,x,p,s,c,i,z,u", *lines)
    assert [trade[2] for trade in found.trades] == [160.0, 161.0]
    assert found.report.left_out == {"cancelled trade": 1, "erroneous trade": 1}
    assert "1 cancelled trade, 1 erroneous trade left out" in notes(found)
