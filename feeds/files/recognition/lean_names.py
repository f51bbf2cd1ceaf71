"""What the names of a QuantConnect Lean file say: security, market, resolution, ticker, date and contract.

Lean's data folder is ``security/market/resolution[/ticker]/archive.zip:member.csv`` (github.com/QuantConnect/Lean:
Data/readme.md, the readme of each security, and Common/Util/LeanData.cs). Only its names tell whether prices are
integers of 1/10,000 (shares, and options on shares and indices) or decimals (all others), and which zone the times are
in (``dataTimeZone`` of Data/market-hours/market-hours-database.json). QuantConnect's documentation ("Data Format")
states the same of shares, options, indices, futures, currencies and crypto.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Literal

from feeds.files.names import date_of
from ticker.zones import EST, NEW_YORK

Ticks = Literal["trade", "quote"]

_SECURITIES: Final = frozenset(
    {"equity", "option", "indexoption", "index", "future", "futureoption", "forex", "cfd", "crypto", "cryptofuture"}
)
_RESOLUTIONS: Final = frozenset({"tick", "second", "minute", "hour", "daily"})
#: Securities whose prices are integers of 1/10,000.
_SCALED: Final = frozenset({"equity", "option", "indexoption"})
SCALE: Final = 10_000.0
#: Securities that have quotes only.
_QUOTED: Final = frozenset({"forex", "cfd"})
_IN_UTC: Final = frozenset({"crypto", "cryptofuture"})
_CHICAGO: Final = "America/Chicago"
#: By security and market, or by security, market and ticker: the zones that QuantConnect's documentation or the
#: database state, as far as they could be read. Options on futures have the zone of the futures.
STATED_ZONES: Final[Mapping[tuple[str, ...], str]] = {
    ("equity", "usa"): NEW_YORK,
    ("option", "usa"): NEW_YORK,
    ("indexoption", "usa"): NEW_YORK,
    ("index", "usa", "spx"): _CHICAGO,
    ("index", "usa", "vix"): _CHICAGO,
    ("index", "usa", "ndx"): NEW_YORK,
    ("index", "eurex"): "Europe/Berlin",
    ("index", "hkfe"): "Asia/Hong_Kong",
    ("index", "ose"): "Asia/Tokyo",
    **{("future", market): "UTC" for market in ("cme", "cbot", "nymex", "comex", "cfe", "nyseliffe")},
    ("future", "eurex"): "Europe/Berlin",
    ("forex", "oanda"): "UTC",
    ("cfd", "oanda"): "UTC",
    ("forex", "fxcm"): EST,
    ("cfd", "fxcm"): EST,
}
#: By market: assumed, and told. Those of a market that is not listed are assumed to be in UTC.
ASSUMED_ZONES: Final[Mapping[str, str]] = {
    "usa": NEW_YORK,
    "india": "Asia/Kolkata",
    "nse": "Asia/Kolkata",
    "bse": "Asia/Kolkata",
    "mcx": "Asia/Kolkata",
    "hkfe": "Asia/Hong_Kong",
    "hkex": "Asia/Hong_Kong",
    "ose": "Asia/Tokyo",
    "sgx": "Asia/Singapore",
    "eurex": "Europe/Berlin",
}

_TICKER: Final = r"(?P<ticker>[a-z0-9.^$-]+)"
_CONTRACT: Final = (
    r"(_(?P<style>american|european)(_(?P<right>call|put)_(?P<strike>-?\d+)_(?P<expiry>\d{8}))?"
    r"|_(?P<month>\d{6})_(?P<expires>\d{8})|_(?P<only>\d{6}|\d{8}))?"
)
_INTRADAY: Final = re.compile(
    rf"((?P<date>\d{{8}})_)?{_TICKER}_(?P<resolution>tick|second|minute)_(?P<ticks>trade|quote|openinterest){_CONTRACT}"
)
_OLD_TICKS: Final = re.compile(rf"(?P<date>\d{{8}})_{_TICKER}_(?P<ticks>trade|quote)_(?P<resolution>tick)")
_DAILY: Final = re.compile(rf"{_TICKER}(_\d{{4}})?(_(?P<ticks>trade|quote|openinterest){_CONTRACT})?")


@dataclass(frozen=True, slots=True)
class LeanFile:
    """What the names tell; None, or an empty resolution: they don't.

    ``is_documented``: QuantConnect states the zone for this security and market.
    """

    resolution: str
    ticks: Ticks
    symbol: str
    security: str | None = None
    market: str | None = None
    date: str | None = None
    zone: str | None = None
    is_documented: bool = False

    @property
    def is_scaled(self) -> bool | None:
        """Whether prices are integers of 1/10,000; None if the names don't tell the security."""
        return None if self.security is None else self.security in _SCALED


def lean_file(names: Sequence[str]) -> LeanFile | None:
    """What ``names`` (the nearest first) say of a file of Lean; None for names in another form."""
    stems = [_stem(name) for name in names]
    folders = [name.lower() for name in names if "." not in name]
    place = next((at for at, name in enumerate(folders) if name in _SECURITIES and at >= 2), None)
    security = market = resolution = None
    if place is not None:
        inner = folders[:place]
        resolution = next((name for name in inner if name in _RESOLUTIONS), None)
        if resolution is not None:
            security, market = folders[place], folders[place - 1]
    match = _INTRADAY.fullmatch(stems[0]) or _OLD_TICKS.fullmatch(stems[0]) if stems else None
    if match is None and stems:
        match = _DAILY.fullmatch(stems[0])
        if match is not None and resolution not in ("hour", "daily") and not (match["expires"] or match["right"]):
            match = None  # spy.csv of another program
    if match is None or match["ticks"] == "openinterest":
        return None
    found = match.groupdict()
    if security is None and (found.get("month") or found.get("expires")):
        security = "future"
    zone, sure = _zone(security, market, found["ticker"])
    usual: Ticks = "quote" if security in _QUOTED else "trade"
    ticks: Ticks = "quote" if found["ticks"] == "quote" else "trade" if found["ticks"] == "trade" else usual
    return LeanFile(
        resolution=found.get("resolution") or resolution or "",
        ticks=ticks,
        symbol=_symbol(found),
        security=security,
        market=market,
        date=date_of([found.get("date") or "", *(stem[:8] for stem in stems[1:])]),
        zone=zone,
        is_documented=sure,
    )


def _zone(security: str | None, market: str | None, ticker: str) -> tuple[str | None, bool]:
    """The zone of the times in a file, and whether QuantConnect states it."""
    if security is None:
        return None, False
    if security in _IN_UTC:
        return "UTC", True
    security, market = security.replace("futureoption", "future"), market or ""
    stated = STATED_ZONES.get((security, market)) or STATED_ZONES.get((security, market, ticker))
    if stated is not None:
        return stated, True
    if security == "future" and market == "usa":
        return "UTC", False
    return ASSUMED_ZONES.get(market, "UTC"), False


def _symbol(found: dict[str, str | None]) -> str:
    """``AAPL``, ``ES-20200619``, ``AAPL-20140118-C650``."""
    ticker = (found["ticker"] or "").upper()
    if found.get("right"):
        strike = f"{int(found['strike'] or 0) / SCALE:.4f}".rstrip("0").rstrip(".")
        return f"{ticker}-{found['expiry']}-{(found['right'] or '')[0].upper()}{strike}"
    expires = found.get("expires") or found.get("only")
    return f"{ticker}-{expires}" if expires else ticker


def _stem(name: str) -> str:
    path = PurePath(name.lower())
    while path.suffix in (".csv", ".txt", ".zip", ".gz", ".zst"):
        path = path.with_suffix("")
    return path.name
