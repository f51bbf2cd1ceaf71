"""Rows that are refused, between good ones, each with its complaint."""

from __future__ import annotations

from dataclasses import dataclass

TRADES = ("timestamp,symbol,price,size", "2024-01-03T14:30:00Z,AAPL,184.22,100")
QUOTES = ("timestamp,symbol,bid,bid_size,ask,ask_size", "2024-01-03T14:30:00Z,AAPL,184.2,1,184.3,2")
BARS = ("timestamp,symbol,open,high,low,close,volume", "2024-01-03T14:30:00Z,AAPL,10,12,9,11,500")
NEW_YORK = ("timestamp,symbol,price,size", "2024-03-10 01:30:00,AAPL,184.22,100")
MILLISECONDS = ("timestamp,symbol,price,size", "1704292200000,AAPL,184.22,100")

_STAMP = "2024-01-03T14:30:00Z"


@dataclass(frozen=True, kw_only=True)
class BadRow:
    """``row`` is line 3, between two good ones. ``complaint`` is a regular expression for the complaint after
    ``rows.csv:3: ``.
    """

    id: str
    row: str | bytes
    complaint: str
    rows: tuple[str, str] = TRADES
    zone: str | None = None

    @property
    def content(self) -> bytes:
        header, good = self.rows
        row = self.row.encode() if isinstance(self.row, str) else self.row
        return header.encode() + b"\n" + good.encode() + b"\n" + row + b"\n" + good.encode() + b"\n"


def _price(id: str, price: str, shown: str | None = None, reason: str = "not a price") -> BadRow:  # noqa: A002 - the field
    shown = price if shown is None else shown
    return BadRow(id=id, row=f"{_STAMP},AAPL,{price},100", complaint=rf"column 'price': '{shown}' is {reason}.*")


def _size(id: str, size: str) -> BadRow:  # noqa: A002 - the field's name
    return BadRow(id=id, row=f"{_STAMP},AAPL,184.22,{size}", complaint=rf"column 'size': '{size}' is not a size.*")


def _stamp(id: str, stamp: str, rows: tuple[str, str] = TRADES, zone: str | None = None) -> BadRow:  # noqa: A002 - same
    return BadRow(
        id=id,
        rows=rows,
        zone=zone,
        row=f"{stamp},AAPL,184.22,100",
        complaint=rf"column 'timestamp': '{stamp[:60]}.*' is (not a |before |after |no |a |outside ).*",
    )


def _symbol(id: str, symbol: str | bytes, complaint: str) -> BadRow:  # noqa: A002 - the field's name
    name = symbol.encode() if isinstance(symbol, str) else symbol
    return BadRow(id=id, row=_STAMP.encode() + b"," + name + b",184.22,100", complaint=complaint)


_NOT_A_SYMBOL = r"column 'symbol': .* is not a symbol.*"

BAD_ROWS: tuple[BadRow, ...] = (
    _price("a word as price", "abc"),
    _price("no price", ""),
    _price("price NaN", "NaN"),
    _price("price inf", "inf"),
    _price("price -Infinity", "-Infinity"),
    _price("price that overflows", "1e999"),
    _price("negative price", "-184.22"),
    _price("price 0", "0", reason="not a price"),
    _price("price 0.000", "0.000"),
    _price("absurd price", "1e300"),
    _price("absurdly small price", "1e-300"),
    _price("price in hexadecimal", "0x10"),
    _price("price with an underscore", "1_000"),
    _price("price in other digits", "１８４"),
    _price("price with a unit", "184.22 apples"),
    _price("price with a formula", "=1+1", shown=r"=1\+1"),
    _size("size -2", "-2"),
    _size("a word for a size", "lots"),
    _size("size inf", "inf"),
    _size("absurd size", "1e300"),
    _stamp("a word as timestamp", "soon"),
    _stamp("no timestamp", ""),
    _stamp("30 February", "2024-02-30T14:30:00Z"),
    _stamp("month 13", "2024-13-01T14:30:00Z"),
    _stamp("25 o'clock", "2024-01-03T25:00:00Z"),
    _stamp("minute 61", "2024-01-03T14:61:00Z"),
    _stamp("the year 3000", "3000-01-03T14:30:00Z"),
    _stamp("the year 1", "0001-01-03T14:30:00Z"),
    _stamp("1969", "1969-12-31T23:59:59Z"),
    _stamp("a timestamp of 1,000 digits", "9" * 1_000),
    _stamp("an epoch in another unit", "1704292200", MILLISECONDS),
    _stamp("a negative epoch", "-1704292200000", MILLISECONDS),
    _stamp("a local time that does not exist", "2024-03-10 02:30:00", NEW_YORK, "America/New_York"),
    _symbol("no symbol", "", _NOT_A_SYMBOL),
    _symbol("the wildcard for a symbol", "*", _NOT_A_SYMBOL),
    _symbol("a symbol of 65 letters", "A" * 65, _NOT_A_SYMBOL),
    _symbol("a bell in the symbol", "A\x07B", _NOT_A_SYMBOL),
    _symbol("a terminal's command in the symbol", "\x1b[31mRED", _NOT_A_SYMBOL),
    _symbol("right-to-left marks in the symbol", "A\u202eB", _NOT_A_SYMBOL),
    _symbol("Latin-1 in the symbol", "M\xfcnch".encode("latin-1"), r".*(UTF-8|not a symbol).*"),
    BadRow(id="too few fields", row=f"{_STAMP},AAPL,184.22", complaint=r".*3 fields.*4.*"),
    BadRow(id="too many fields", row=f"{_STAMP},AAPL,184.22,100,X", complaint=r".*5 fields.*4.*"),
    BadRow(id="a NUL byte", row=f"{_STAMP},AA\0PL,184.22,100", complaint=r"a line with a NUL byte"),
    BadRow(id="a line of NUL bytes", row="\0" * 4096, complaint=r"a line with a NUL byte"),
    BadRow(id="a line of prose", row="and so on", complaint=r".*1 field.*4.*"),
    BadRow(id="a quote that is not closed", row=f'{_STAMP},"AAPL,184.22,100', complaint=r".*(quote|fields).*"),
    BadRow(
        id="a line longer than a MiB",
        row=f"{_STAMP},{'A' * (1 << 20)},184.22,100",
        complaint=r".*(more than|is not a symbol).*",
    ),
    BadRow(id="the header again", row=TRADES[0], complaint=r"column 'timestamp': 'timestamp' is not a .*"),
    BadRow(
        id="high below low", rows=BARS, row=f"{_STAMP},AAPL,10,9,12,11,500", complaint=r".*high.*low.*|.*low.*high.*"
    ),
    BadRow(id="open above high", rows=BARS, row=f"{_STAMP},AAPL,13,12,9,11,500", complaint=r".*(high|open).*"),
    BadRow(id="close below low", rows=BARS, row=f"{_STAMP},AAPL,10,12,9,8,500", complaint=r".*(low|close).*"),
    BadRow(
        id="no close", rows=BARS, row=f"{_STAMP},AAPL,10,12,9,,500", complaint=r"column 'close': '' is not a price.*"
    ),
    BadRow(
        id="negative volume",
        rows=BARS,
        row=f"{_STAMP},AAPL,10,12,9,11,-500",
        complaint=r"column 'volume': '-500' is not a (size|volume).*",
    ),
    BadRow(
        id="negative bid",
        rows=QUOTES,
        row=f"{_STAMP},AAPL,-1,1,184.3,2",
        complaint=r"column 'bid': '-1' is not a price.*",
    ),
    BadRow(
        id="a word as size of a side",
        rows=QUOTES,
        row=f"{_STAMP},AAPL,184.2,few,184.3,2",
        complaint=r"column 'bid_size': 'few' is not a size.*",
    ),
)

#: Unusual but valid symbols: they are never opened, run or interpreted.
GOOD_NAMES: tuple[str, ...] = (
    "=1+1",
    "@SUM(A1:A9)",
    "../../etc/passwd",
    "C:\\autoexec.bat",
    "<img src=x onerror=alert(1)>",
    "'; DROP TABLE trades; --",
    "BRK B",
    "BTC/USD",
    "^GSPC",
    "$TICK",
    "{{7*7}}",
    "%n%s",
    "NA",
    "TRUE",
    "1E5",
    "007",
    "ÅÄÖ",
    "日経225",
    "A" * 64,
)
