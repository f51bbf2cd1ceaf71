"""Files that can't be replayed, each with its error.

``error`` is a regular expression that the one-line message must contain. A builder makes what bytes can't be: a fifo, a
folder, an unreadable file.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import zstandard

from tests.support.samples import text, zipped

HEADER = "timestamp,symbol,price,size"
GOOD = "2024-01-03T14:30:00Z,AAPL,184.22,100"
TRADES = text(HEADER, GOOD, "2024-01-03T14:30:01Z,AAPL,184.23,5")

Builder = Callable[[Path], None]


@dataclass(frozen=True, kw_only=True)
class Bad:
    id: str
    file: str = "trades.csv"
    content: bytes | Builder
    error: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        path = folder / self.file
        if isinstance(self.content, bytes):
            path.write_bytes(self.content)
        else:
            self.content(path)
        return path


def _many(rows: int = 2_000) -> bytes:
    """Trades that compress badly."""
    lines = (
        f"2024-01-03T14:{i // 60 % 60:02}:{i % 60:02}Z,S{i * 7919 % 997},{100 + i * 31 % 89},{i}" for i in range(rows)
    )
    return text(HEADER, *lines)


def _encrypted() -> bytes:
    """An archive whose member is marked as encrypted."""
    packed = bytearray(zipped({"trades.csv": TRADES}))
    packed[6] |= 1  # general purpose flags in the member's header
    packed[packed.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    return bytes(packed)


def _wrong_checksum() -> bytes:
    packed = bytearray(gzip.compress(TRADES))
    packed[-8] ^= 0xFF
    return bytes(packed)


def _damaged_zip() -> bytes:
    packed = bytearray(zipped({"trades.csv": _many()}))
    for place in range(200, 260):
        packed[place] ^= 0x55
    return bytes(packed)


def _tar_gz() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("trades.csv")
        info.size = len(TRADES)
        archive.addfile(info, io.BytesIO(TRADES))
    return packed.getvalue()


def _parquet(**columns: list[Any]) -> bytes:
    packed = io.BytesIO()
    pd.DataFrame(columns).to_parquet(packed, index=False)
    return packed.getvalue()


def _xlsx() -> bytes:
    return zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})


def _folder(*files: str) -> Builder:
    def build(path: Path) -> None:
        path.mkdir()
        for name in files:
            (path / name).write_bytes(b"hello\n")

    return build


def _unreadable(path: Path) -> None:
    path.write_bytes(TRADES)
    path.chmod(0)


def _nothing(path: Path) -> None:
    assert not path.exists()


def _looped_link(path: Path) -> None:
    path.symlink_to(path.name)


_STAMP = "2024-01-03T14:30:00Z"
_LONG = b"x" * ((1 << 20) + 10)

BAD_FILES: tuple[Bad, ...] = (
    # Empty.
    Bad(id="empty", content=b"", error=r"empty"),
    Bad(id="only a byte-order mark", content=b"\xef\xbb\xbf", error=r"empty"),
    Bad(id="only blank lines", content=b"\n\n  \n", error=r"empty|no rows|nothing"),
    Bad(id="only a header", content=text(HEADER), error=r"header.*no rows|no rows"),
    Bad(
        id="only a banner and a header",
        content=text(
            "https://www.CryptoDataDownload.com", "unix,date,symbol,open,high,low,close,Volume BTC,Volume USD"
        ),
        error=r"no rows",
    ),
    Bad(id="empty gzip", file="trades.csv.gz", content=gzip.compress(b""), error=r"empty"),
    Bad(id="empty zip", file="trades.zip", content=zipped({}), error=r"no .*file|empty"),
    Bad(id="empty member", file="trades.zip", content=zipped({"trades.csv": b""}), error=r"empty"),
    Bad(
        id="Parquet without rows",
        file="trades.parquet",
        content=_parquet(timestamp=[], symbol=[], price=[], size=[]),
        error=r"no rows",
    ),
    # Damaged compression.
    Bad(id="truncated gzip", file="trades.csv.gz", content=gzip.compress(_many())[:-500], error=r"truncated"),
    Bad(id="gzip cut in its header", file="trades.csv.gz", content=gzip.compress(TRADES)[:6], error=r"truncated"),
    Bad(
        id="gzip with a wrong checksum", file="trades.csv.gz", content=_wrong_checksum(), error=r"damaged|CRC|checksum"
    ),
    Bad(id="not gzip", file="trades.csv.gz", content=b"\x00\x01\x02\x03" * 50, error=r"not text"),
    Bad(id="tar in gzip", file="trades.tar.gz", content=_tar_gz(), error=r"tar"),
    Bad(id="truncated zip", file="trades.zip", content=zipped({"trades.csv": _many()})[:-200], error=r"zip"),
    Bad(id="damaged zip", file="trades.zip", content=_damaged_zip(), error=r"damaged|CRC|zip"),
    Bad(id="not zip", file="trades.zip", content=b"hello\n" * 50, error=r"zip"),
    Bad(id="encrypted zip", file="trades.zip", content=_encrypted(), error=r"encrypted|password"),
    Bad(
        id="zip in a zip",
        file="trades.zip",
        content=zipped({"inner.zip": zipped({"trades.csv": TRADES})}),
        error=r"no .*file|zip",
    ),
    Bad(
        id="a zip of other files",
        file="t.zip",
        content=zipped({"readme.md": b"hello", "x/": b""}),
        error=r"header has no",
    ),
    Bad(
        id="zip that would unpack to more than the limit",
        file="bomb.zip",
        content=zipped({"trades.csv": text(HEADER, *[GOOD] * 20_000)}),
        options={"max_unpacked_bytes": 100_000},
        error=r"unpack.*100,000|100,000.*unpack",
    ),
    Bad(
        id="gzip that would unpack to more than the limit",
        file="bomb.csv.gz",
        content=gzip.compress(text(HEADER, *[GOOD] * 20_000)),
        options={"max_unpacked_bytes": 100_000},
        error=r"unpack.*100,000|100,000.*unpack",
    ),
    Bad(
        id="zstd that would unpack to more than the limit",
        file="bomb.csv.zst",
        content=zstandard.compress(text(HEADER, *[GOOD] * 20_000)),
        options={"max_unpacked_bytes": 100_000},
        error=r"unpack.*100,000|100,000.*unpack",
    ),
    Bad(id="truncated zstd", file="t.csv.zst", content=zstandard.compress(_many())[:-500], error=r"truncated"),
    Bad(id="not zstd", file="trades.csv.zst", content=b"\x01\x02" * 50, error=r"header has no"),
    Bad(id="damaged Parquet", file="t.parquet", content=b"PAR1" + b"\x00" * 100 + b"PAR1", error=r"Parquet"),
    Bad(
        id="NUL bytes",
        content=text(HEADER) + b"".join(b"\0" * 64 + b"\n" for _ in range(9)),
        error=r"trades\.csv:2: is not text \(it contains zero bytes\)",
    ),
    Bad(
        id="Parquet without a price",
        file="trades.parquet",
        content=_parquet(timestamp=["2024-01-03"], symbol=["AAPL"], colour=["red"]),
        error=r"price|layout",
    ),
    # Not text.
    Bad(id="UTF-16 without its mark", content=TRADES.decode().encode("utf-16-le"), error=r"UTF-16|zero bytes"),
    Bad(id="UTF-32", content=TRADES.decode().encode("utf-32"), error=r"UTF-32"),
    Bad(id="binary", content=b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, error=r"not text|UTF-8|image"),
    Bad(id="an Excel book", file="trades.xlsx", content=_xlsx(), error=r"spreadsheet"),
    Bad(id="an Excel book named .csv", content=_xlsx(), error=r"spreadsheet"),
    Bad(
        id="JSON",
        content=json.dumps([{"t": 1704292200, "p": 184.22}] * 3, indent=1).encode(),
        error=r"JSON|layout|column",
    ),
    Bad(id="JSON lines", content=b'{"t":1704292200,"p":184.22}\n' * 3, error=r"JSON|layout|column"),
    Bad(
        id="an error page saved as .csv",
        content=b"<!DOCTYPE html>\n<html><head><title>Too Many Requests</title></head>\n<body>Later</body></html>\n",
        error=r"HTML|layout|column",
    ),
    Bad(id="prose", content=text("Dear sir,", "", "nothing to see here."), error=r"layout|column|header"),
    Bad(id="one line longer than a MiB", content=_LONG, error=r"longer than 1,048,576 bytes"),
    # Not a file.
    Bad(id="missing", content=_nothing, error=r"[Nn]o such file"),
    Bad(id="a folder without data files", file="folder", content=_folder("notes.md", "photo.png"), error=r"no .*file"),
    Bad(id="empty folder", file="folder", content=_folder(), error=r"no .*file"),
    Bad(id="fifo", content=lambda path: os.mkfifo(path), error=r"fifo|not a (regular )?file|no (regular )?file|pipe"),
    Bad(id="unreadable", content=_unreadable, error=r"[Pp]ermission denied"),
    Bad(id="link to itself", content=_looped_link, error=r"symbolic links|loop|[Nn]o such file"),
    # Columns.
    Bad(id="no timestamp", content=text("symbol,price,size", "AAPL,184.22,100"), error=r"time|stamp"),
    Bad(id="no price", content=text("timestamp,symbol,size", f"{_STAMP},AAPL,100"), error=r"price"),
    Bad(id="an incomplete bar", content=text("timestamp,symbol,open,high,low", f"{_STAMP},A,1,2,1"), error=r"close"),
    Bad(
        id="two columns with one name",
        content=text("timestamp,symbol,price,price", f"{_STAMP},AAPL,184.22,184.23"),
        error=r"'price' twice|twice.*price|two columns.*price|price.*two columns",
    ),
    Bad(id="an unknown layout", content=TRADES, options={"layout": "nonsense"}, error=r"layout.*'nonsense'"),
    Bad(
        id="the wrong layout",
        content=TRADES,
        options={"layout": "binance-klines"},
        error=r"binance-klines|no good row|not a",
    ),
    Bad(id="an unknown zone", content=TRADES, options={"time_zone": "Mars/Olympus"}, error=r"Mars/Olympus"),
    Bad(id="a zone with a path in it", content=TRADES, options={"time_zone": "../../etc/passwd"}, error=r"etc/passwd"),
    Bad(id="an unknown role", content=TRADES, options={"columns": {"prize": "price"}}, error=r"prize"),
    Bad(id="an unknown column", content=TRADES, options={"columns": {"price": "PX"}}, error=r"PX"),
    Bad(
        id="a column number beyond the last",
        content=text("34200000,184.22,100"),
        options={"columns": {"timestamp": "1", "price": "9"}, "date": "2024-01-03", "symbol": "A"},
        error=r"9",
    ),
    Bad(id="an invalid date", content=TRADES, options={"date": "2024-02-30"}, error=r"2024-02-30"),
    Bad(id="a scale of 0", content=TRADES, options={"price_scale": 0.0}, error=r"price.scale"),
    Bad(id="a scale of NaN", content=TRADES, options={"price_scale": float("nan")}, error=r"price.scale"),
    Bad(
        id="an invalid symbol",
        content=text("timestamp,price", f"{_STAMP},1"),
        options={"symbol": "*"},
        error=r"\*",
    ),
    Bad(
        id="times of day without a date",
        file="IBM.csv",
        content=text("time,price,size", "09:30:00,184.22,100", "09:30:01,184.23,100"),
        error=r"--date",
    ),
    # Rows.
    Bad(
        id="no good row",
        content=text(HEADER, "soon,AAPL,184.22,100", "later,AAPL,184.22,100"),
        error=r"trades\.csv:2: column 'timestamp': 'soon' is not a timestamp; no row of 2 is good",
    ),
    Bad(
        id="strict: the first bad row",
        content=text(HEADER, GOOD, f"{_STAMP},AAPL,abc,100", GOOD),
        options={"strict": True},
        error=r"trades\.csv:3: column 'price': 'abc' is not a price",
    ),
)
