"""The companies of the simulated market: 100 well-known US symbols, their sectors and correlations.

The figures are rough estimates by hand (end of 2025): they look plausible on a screen and are good for nothing else.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final


@dataclass(frozen=True, slots=True)
class Loading:
    """The parts of a company's volatility that come from the market and from its sector.

    The correlation of two companies is the product of their ``market`` loadings, plus, within a sector, the product
    of their ``sector`` loadings. The rest of the variance is the company's own.
    """

    market: float
    sector: float

    @property
    def own(self) -> float:
        return math.sqrt(1 - self.market**2 - self.sector**2)


@dataclass(frozen=True, slots=True)
class Company:
    """A symbol of the simulated market.

    ``price``         initial price in dollars
    ``volatility``    standard deviation of the annual log return: 0.25 is 25 %
    ``spread_cents``  typical spread between bid and ask
    ``weight``        relative share of all ticks
    """

    symbol: str
    sector: str
    price: float
    volatility: float
    spread_cents: float
    weight: float


LOADINGS: Final = {
    "technology": Loading(0.60, 0.45),
    "communication": Loading(0.55, 0.40),
    "consumer": Loading(0.55, 0.35),
    "staples": Loading(0.40, 0.50),
    "health": Loading(0.42, 0.45),
    "financial": Loading(0.58, 0.50),
    "industrial": Loading(0.58, 0.40),
    "energy": Loading(0.42, 0.65),
    "materials": Loading(0.52, 0.42),
    "utilities": Loading(0.38, 0.60),
    "real-estate": Loading(0.45, 0.55),
    "fund": Loading(0.85, 0.35),
}

#: symbol, start price, volatility in %, spread in cents, weight; a block for each sector.
_TABLE: Final = """
technology
  NVDA 182.50 42 1 100   AAPL 271.00 27 1 62    MSFT 484.00 24 3 34    AVGO 341.00 47 8 30    ORCL 195.00 48 5 22
  PLTR 184.00 60 3 48    AMD  214.00 52 3 44    CRM  262.00 32 6 9     CSCO  77.50 22 1 16    ACN  268.00 28 10 5
  IBM  302.00 27 9 6     INTU 668.00 32 28 4    ADBE 352.00 31 10 6    QCOM 173.00 33 3 11    TXN  176.00 32 5 7
  AMAT 262.00 43 10 9    MU   285.00 56 8 28    INTC  36.80 55 1 40    NOW  153.00 36 6 10    ANET 132.00 46 4 10
  LRCX 175.00 46 5 11    KLAC 1240.00 42 85 2   PANW 187.00 36 5 7     CRWD 475.00 42 20 5
  ADI  275.00 31 11 4    DELL 127.00 45 4 8     SMCI  30.60 80 1 18
communication
  GOOGL 314.00 31 3 40   META 660.00 34 10 26   NFLX  94.50 33 2 24    DIS  114.00 27 2 10    CMCSA 29.80 27 1 16
  T     24.60 20 1 22    VZ    40.50 19 1 17    TMUS 201.00 23 7 5     EA   204.00 15 2 3     WBD   28.80 48 1 20
consumer
  AMZN 231.00 32 2 46    TSLA 459.00 58 6 64    HD   346.00 23 13 5    MCD  309.00 18 9 4     NKE   61.00 36 1 18
  SBUX  84.50 29 2 10    LOW  243.00 25 10 4    BKNG 5360.00 27 420 1  TJX  155.00 19 4 6     UBER  81.50 36 1 18
  ABNB 135.00 36 4 6     F     13.20 33 1 26    GM    82.50 35 2 11    CMG   37.50 36 1 15
staples
  WMT  111.50 21 1 16    COST 862.00 22 42 3    PG   143.50 18 2 9     KO    70.00 16 1 14    PEP  143.80 19 3 7
  PM   160.00 24 4 6     MO    58.00 19 1 9     MDLZ  54.50 20 1 9
health
  LLY  1075.00 36 65 4   UNH  331.00 40 13 9    JNJ  207.00 18 4 8     ABBV 229.00 24 7 6     MRK  106.00 26 2 10
  PFE   25.00 25 1 28    TMO  580.00 28 34 2    ABT  125.00 22 3 6     AMGN 329.00 25 14 3    ISRG 570.00 32 34 2
  GILD 123.50 26 3 6     CVS   79.50 31 2 9     BMY   54.00 27 1 12
financial
  JPM  323.00 24 6 10    BAC   55.30 25 1 28    WFC   94.00 27 2 13    GS   886.00 29 55 3    MS   178.00 27 5 6
  C    117.50 29 2 13    V    351.00 21 8 7     MA   573.00 22 24 3    AXP  372.00 28 16 4    SCHW 100.50 26 2 8
  BLK  1075.00 26 80 1   PYPL  58.50 38 1 14    COIN 231.00 75 9 14   BRK.B 499.00 17 18 5
industrial
  CAT  575.00 33 24 4    BA   217.00 34 5 8     GE   309.00 32 10 6    HON  195.00 22 6 4     UPS   99.50 29 2 6
  DE   466.00 28 22 2
energy
  XOM  120.50 24 1 14    CVX  152.50 24 3 9     SLB   38.50 34 1 13
materials
  LIN  427.00 19 19 2    FCX   51.00 42 1 15
utilities
  NEE   80.30 26 1 9
real-estate
  AMT  175.50 24 7 3
fund
  SPY  682.00 17 2 70
"""


def _companies() -> Iterator[Company]:
    sector = ""
    for line in _TABLE.split("\n"):
        words = line.split()
        if len(words) == 1:
            sector = words[0]
        for at in range(0, len(words) - 1, 5):
            symbol, price, percent, cents, weight = words[at : at + 5]
            yield Company(symbol, sector, float(price), float(percent) / 100, float(cents), float(weight))


#: The well-known companies by symbol, those with the most ticks first.
COMPANIES: Final = {c.symbol: c for c in sorted(_companies(), key=lambda c: (-c.weight, c.symbol))}


def company(symbol: str) -> Company:
    """The company of ``symbol``: a well-known one, or plausible figures derived from a hash of the name."""
    known = COMPANIES.get(symbol)
    if known is not None:
        return known
    digest = hashlib.blake2b(symbol.encode(), digest_size=20).digest()
    price_at, volatility_at, spread_at, weight_at, sector_at = (
        (int.from_bytes(digest[at : at + 4]) + 0.5) / 2**32 for at in range(0, 20, 4)
    )
    normal = NormalDist().inv_cdf
    price = round(min(max(60 * math.exp(0.9 * normal(price_at)), 2), 3000), 2)
    volatility = round(min(max(0.34 * math.exp(0.35 * normal(volatility_at)), 0.12), 1.2), 3)
    # Smaller companies: spreads of about 5 basis points, and fewer ticks.
    spread_cents = round(max(price * 100 * 0.0005 * math.exp(0.5 * normal(spread_at)), 1), 1)
    weight = round(min(3 * math.exp(0.8 * normal(weight_at)), 20), 3)
    sectors = [name for name in LOADINGS if name != "fund"]
    return Company(symbol, sectors[int(sector_at * len(sectors))], price, volatility, spread_cents, weight)


def symbols(count: int) -> list[str]:
    """The first ``count`` symbols: the well-known ones, then SYM0101, SYM0102 and so on."""
    known = list(COMPANIES)[:count]
    return known + [f"SYM{number:04d}" for number in range(len(known) + 1, count + 1)]
