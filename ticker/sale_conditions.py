"""The sale conditions of US stocks: what a trade with them updates.

Two processors consolidate the trades of US stocks: CTA (tapes A and B: NYSE and regional listings) and UTP (tape C:
Nasdaq listings). Each publishes what a sale condition updates of the consolidated last, high, low and volume: the CTS
Pillar Multicast Output Binary Specification ("Sale Condition") and the UTP Data Feed Services Specification ("Sale
Condition Matrix"). ``SALE_CONDITIONS`` has these rules. `docs/conditions.md` says which copies of the tables they were
compared with, and what could not be compared.

Rules that depend on other trades of the day, or on what a ``Trades`` does not have:

- CTS note 2 and UTP footnote 1 (derivatively priced, prior reference price, sold out of sequence, bunched sold): only
  if it is the only qualifying last of the day: ``LAST_IF_FIRST``;
- CTS note 3 (sold last): also if the same market center reported the last, or if it is from the listing market. A
  trade's market center is not known, so: ``LAST_IF_FIRST``;
- UTP footnote 2 (sold last): until 16:00:10, the end of last sale eligibility, when it was received. When a trade was
  received is not known, so it updates the last.

A trade is an odd lot below its stock's round lot: 100 shares, and since November 2025 40, 10 or 1 share of stocks above
$250, $1,000 or $10,000. The condition ``I`` says so, and that it updates only the volume has not changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from ticker.conditions import REGULAR, Updates

Tape = Literal["CTA", "UTP"]

_VOLUME: Final = Updates.VOLUME
_NOT_LAST: Final = Updates.HIGH_LOW | Updates.VOLUME
_IF_FIRST: Final = _NOT_LAST | Updates.LAST_IF_FIRST
_NOT_VOLUME: Final = Updates.LAST | Updates.HIGH_LOW
_NOTHING: Final = Updates(0)


class SaleCondition(NamedTuple):
    """A code of the processors and its rules; None: the processor does not have it.

    ``level`` is the position in the four-character form: settlement, reason for the trade-through exemption, extended
    hours or sequence, detail.
    """

    code: str
    title: str
    level: int
    cta: Updates | None
    utp: Updates | None


SALE_CONDITIONS: Final[tuple[SaleCondition, ...]] = (
    SaleCondition("@", "Regular sale", 1, REGULAR, REGULAR),
    SaleCondition("A", "Acquisition", 4, None, REGULAR),
    SaleCondition("B", "Average price trade (CTA), bunched trade (UTP)", 4, _VOLUME, REGULAR),
    SaleCondition("C", "Cash sale", 1, _VOLUME, _VOLUME),
    SaleCondition("D", "Distribution", 4, REGULAR, REGULAR),
    SaleCondition("E", "Automatic execution", 4, REGULAR, None),
    SaleCondition("F", "Intermarket sweep", 2, REGULAR, REGULAR),
    SaleCondition("G", "Bunched sold trade", 4, None, _IF_FIRST),
    SaleCondition("H", "Price variation trade", 4, _VOLUME, _VOLUME),
    SaleCondition("I", "Odd lot trade", 4, _VOLUME, _VOLUME),
    SaleCondition("K", "Rule 127 or rule 155 trade", 4, REGULAR, REGULAR),
    SaleCondition("L", "Sold last (late report)", 3, _IF_FIRST, REGULAR),
    SaleCondition("M", "Market center official close", 4, _NOTHING, _NOTHING),
    SaleCondition("N", "Next day (now reserved)", 1, _VOLUME, _VOLUME),
    SaleCondition("O", "Market center opening trade (CTA), opening prints (UTP)", 2, REGULAR, REGULAR),
    SaleCondition("P", "Prior reference price", 4, _IF_FIRST, _IF_FIRST),
    SaleCondition("Q", "Market center official open", 4, _NOTHING, _NOTHING),
    SaleCondition("R", "Seller", 1, _VOLUME, _VOLUME),
    SaleCondition("S", "Split trade", 4, None, REGULAR),
    SaleCondition("T", "Form T: extended hours trade", 3, _VOLUME, _VOLUME),
    SaleCondition("U", "Extended hours, sold out of sequence", 3, _VOLUME, _VOLUME),
    SaleCondition("V", "Contingent trade", 4, _VOLUME, _VOLUME),
    SaleCondition("W", "Average price trade", 4, None, _VOLUME),
    SaleCondition("X", "Cross or periodic auction trade", 4, REGULAR, REGULAR),
    SaleCondition("Y", "Yellow flag", 1, None, REGULAR),
    SaleCondition("Z", "Sold out of sequence", 3, _IF_FIRST, _IF_FIRST),
    SaleCondition("1", "Stopped stock", 4, None, REGULAR),
    SaleCondition("2", "Stopped stock, sold last (withdrawn)", 4, None, REGULAR),
    SaleCondition("3", "Stopped stock, sold out of sequence (withdrawn)", 4, None, _IF_FIRST),
    SaleCondition("4", "Derivatively priced", 2, _IF_FIRST, _IF_FIRST),
    SaleCondition("5", "Reopening trade", 2, REGULAR, REGULAR),
    SaleCondition("6", "Closing trade", 2, REGULAR, REGULAR),
    SaleCondition("7", "Qualified contingent trade", 2, _VOLUME, _VOLUME),
    SaleCondition("9", "Corrected consolidated close", 2, _NOT_VOLUME, _NOT_VOLUME),
)
BY_CODE: Final[Mapping[str, SaleCondition]] = MappingProxyType({each.code: each for each in SALE_CONDITIONS})


class Numbered(NamedTuple):
    """A condition of Massive (Polygon) and the processors' code for it; None: it changes nothing about a trade."""

    title: str
    code: str | None
    tape: Tape | None = None


#: Massive's condition ids for stocks (``/v3/reference/conditions``).
MASSIVE: Final[Mapping[int, Numbered]] = MappingProxyType(
    {
        0: Numbered("Regular sale", "@"),
        1: Numbered("Acquisition", "A", "UTP"),
        2: Numbered("Average price trade", "W", "UTP"),
        3: Numbered("Automatic execution", "E", "CTA"),
        4: Numbered("Bunched trade", "B", "UTP"),
        5: Numbered("Bunched sold trade", "G"),
        6: Numbered("CAP election", None),
        7: Numbered("Cash sale", "C"),
        8: Numbered("Closing prints", "6"),
        9: Numbered("Cross trade", "X"),
        10: Numbered("Derivatively priced", "4"),
        11: Numbered("Distribution", "D"),
        12: Numbered("Form T: extended hours", "T"),
        13: Numbered("Extended hours, sold out of sequence", "U"),
        14: Numbered("Intermarket sweep", "F"),
        15: Numbered("Market center official close", "M"),
        16: Numbered("Market center official open", "Q"),
        17: Numbered("Market center opening trade", "O", "CTA"),
        18: Numbered("Market center reopening trade", "5"),
        19: Numbered("Market center closing trade", "6"),
        20: Numbered("Next day", "N"),
        21: Numbered("Price variation trade", "H"),
        22: Numbered("Prior reference price", "P"),
        23: Numbered("Rule 155 trade", "K"),
        24: Numbered("Rule 127 trade", "K"),
        25: Numbered("Opening prints", "O", "UTP"),
        27: Numbered("Stopped stock", "1", "UTP"),
        28: Numbered("Reopening prints", "5"),
        29: Numbered("Seller", "R"),
        30: Numbered("Sold last", "L"),
        31: Numbered("Sold last and stopped stock", "2", "UTP"),
        32: Numbered("Sold out of sequence", "Z"),
        33: Numbered("Sold out of sequence and stopped stock", "3", "UTP"),
        34: Numbered("Split trade", "S", "UTP"),
        35: Numbered("Stock option", None),
        36: Numbered("Yellow flag", "Y", "UTP"),
        37: Numbered("Odd lot trade", "I"),
        38: Numbered("Corrected consolidated close", "9"),
        41: Numbered("Trade-through exempt", None),
        52: Numbered("Contingent trade", "V"),
        53: Numbered("Qualified contingent trade", "7"),
        55: Numbered("Opening or reopening trade detail", None),
        57: Numbered("Short sale restriction activated", None),
        58: Numbered("Short sale restriction continued", None),
        59: Numbered("Short sale restriction deactivated", None),
        60: Numbered("Short sale restriction in effect", None),
    }
)

#: Lean's flags (QuantConnect.Data.Auxiliary.TradeConditionFlags) by bit.
LEAN: Final[tuple[Numbered, ...]] = (
    Numbered("Regular", "@"),
    Numbered("Cash", "C"),
    Numbered("Next day", "N"),
    Numbered("Seller", "R"),
    Numbered("Yellow flag", "Y", "UTP"),
    Numbered("Intermarket sweep", "F"),
    Numbered("Opening prints", "O", "UTP"),
    Numbered("Closing prints", "6"),
    Numbered("Reopening prints", "5"),
    Numbered("Derivatively priced", "4"),
    Numbered("Form T", "T"),
    Numbered("Sold last", "L"),
    Numbered("Stopped stock", "1", "UTP"),
    Numbered("Extended hours", "T"),
    Numbered("Out of sequence", "Z"),
    Numbered("Split trade", "S", "UTP"),
    Numbered("Acquisition", "A", "UTP"),
    Numbered("Bunched trade", "B", "UTP"),
    Numbered("Stock option", "V"),
    Numbered("Distribution", "D"),
    Numbered("Average price", "W", "UTP"),
    Numbered("Cross trade", "X"),
    Numbered("Price variation", "H"),
    Numbered("Rule 155", "K"),
    Numbered("Official close", "M"),
    Numbered("Prior reference price", "P"),
    Numbered("Official open", "Q"),
    Numbered("CAP election", None),
    Numbered("Automatic execution", "E", "CTA"),
    Numbered("Trade-through exempt", None),
    Numbered("Undocumented", None),
    Numbered("Odd lot", "I"),
)


def updates_of(code: str, tape: Tape | None = None) -> Updates | None:
    """What a trade with the processors' ``code`` updates; None for an unknown code.

    Without a tape: what both processors allow. A processor that does not have the code follows the other's rule.
    """
    rule = BY_CODE.get(code)
    if rule is None:
        return None
    if tape is not None and (own := rule.cta if tape == "CTA" else rule.utp) is not None:
        return own
    return allowed(each for each in (rule.cta, rule.utp) if each is not None)


def depends_on_tape(code: str) -> bool:
    """Whether what ``code`` updates differs between the processors."""
    return updates_of(code, "CTA") != updates_of(code, "UTP")


def updates_of_numbered(found: Numbered) -> Updates:
    """What a condition of ``MASSIVE`` or ``LEAN`` updates."""
    updates = REGULAR if found.code is None else updates_of(found.code, found.tape)
    assert updates is not None, found
    return updates


def allowed(updates: Iterable[Updates]) -> Updates:
    """What a trade with several conditions updates: what each of them allows."""
    both = REGULAR | Updates.LAST_IF_FIRST
    for each in updates:
        both &= each | Updates.LAST_IF_FIRST if each & Updates.LAST else each
    return both & ~Updates.LAST_IF_FIRST if both & Updates.LAST else both


def tape_of(text: str) -> Tape | None:
    """The processor of a tape as files name it: ``A``, ``B``, ``C`` (Alpaca) or ``1``, ``2``, ``3`` (Massive)."""
    return {"A": "CTA", "B": "CTA", "1": "CTA", "2": "CTA", "C": "UTP", "3": "UTP"}.get(text.strip())  # type: ignore[return-value]


def described(updates: Updates) -> str:
    """``last, high, low, volume``, ``volume only``, ``nothing``: for people."""
    if not updates:
        return "nothing"
    last = "last" if updates & Updates.LAST else "last if the day has none" if updates & Updates.LAST_IF_FIRST else ""
    parts = [last, "high, low" if updates & Updates.HIGH_LOW else "", "volume" if updates & Updates.VOLUME else ""]
    words = ", ".join(filter(None, parts))
    return "volume only" if words == "volume" else words
