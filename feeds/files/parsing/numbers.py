"""Numbers out of text, each the float64 nearest to what is written. What they mean is not known here."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from feeds.files.parsing.table import Numbers, Words
from ticker.model import Floats

Mark = Literal[".", ","]

#: Separators of thousands besides the comma or the point: apostrophes and spaces, of which some don't break lines.
_GAPS: Final = "'\u2019 \u00a0\u2009\u202f"
_MINUS: Final = "-\u2212\u2013\uff0d"
_CURRENCY: Final = (
    r"(?:[A-Z]{1,3}\$|[$€£¥₹₩₽₺₪฿₫₱₿]|Rs\.?|CHF|USDT|USDC|USD|EUR|GBP|GBX|GBp|JPY|CNY|CNH|HKD|INR|KRW|TWD|SGD|AUD|NZD|CAD|"
    r"SEK|NOK|DKK|PLN|CZK|HUF|TRY|ZAR|ZAc|BRL|MXN|RUB|ILS|THB|IDR|MYR|PHP|VND|SAR|AED|IRR|BTC|ETH|kr\.?|zł|Kč|Ft|Fr\.|円|元|원|¢)"
)
_SCALES: Final = {
    "k": 3, "m": 6, "mn": 6, "mio": 6, "mln": 6, "b": 9, "bn": 9, "bln": 9, "mrd": 9, "t": 12, "tn": 12, "lakh": 5,
    "lac": 5, "cr": 7, "crore": 7,
}  # fmt: skip
#: A number with its signs: ``-$1.2M``, ``($1.50)``, ``Rs. 1,31,655.45``, ``184.22 USD``, ``172p``, ``+0.01%``.
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+{_MINUS[1:]}])?\s*(?P<before>{_CURRENCY})?\s*(?P<late>[-+{_MINUS[1:]}])?"
    rf"(?P<inner>\()?(?P<digits>[\d.,{_GAPS}]*\d[\d.,{_GAPS}]*?)(?P<exponent>[eE][-+]?\d{{1,4}})?\s*"
    rf"(?P<scale>(?i:{'|'.join(sorted(_SCALES, key=len, reverse=True))}))?\s*(?P<after>%|p|{_CURRENCY})?\s*"
    r"(?P<close>\))?",
    re.ASCII,
)
#: Digits with the decimal mark, with and without groups: of three, or Indian ones of two before the last three.
_DIGITS: Final = {
    mark: re.compile(
        rf"\d+(?:{point}\d*)?|{point}\d+|"
        rf"[1-9]\d{{0,2}}(?P<gap>[{comma}{_GAPS}])\d{{3}}(?:(?P=gap)\d{{3}})*(?:{point}\d*)?|"
        rf"[1-9]\d?(?:{comma}\d\d)+{comma}\d{{3}}(?:{point}\d*)?",
        re.ASCII,
    )
    for mark, point, comma in ((".", r"\.", ","), (",", ",", r"\."))
}
#: Many lines of numbers with groups, ``$`` or ``%`` at once. What it doesn't match is parsed one by one.
_TIDY: Final = {
    ".": re.compile(
        r"(?:[-+]?[$€£¥₹]?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d\d)+,\d{3})(?:\.\d*)?%?\n)*+", re.ASCII
    ),
    ",": re.compile(r"(?:[-+]?[$€£¥₹]?(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d*)?%?\n)*+", re.ASCII),
}
_UNTIDY: Final = {".": str.maketrans("", "", ",$€£¥₹%"), ",": str.maketrans(",", ".", ".$€£¥₹%")}
#: The length of the longest text that can be a number: the patterns take quadratic time.
_MAX_LENGTH: Final = 128
#: Up to this many texts are parsed one by one.
_FEW: Final = 8
#: Words for "no value".
_NONE: Final = frozenset(
    {".", "-", "--", "\u2013", "\u2014", "null", "none", "n/a", "#n/a", "n.a.", "na", "nan", "nil"}
)
_UNIT = re.compile(rf"{_CURRENCY}|(?<=\d)p\b", re.ASCII)
_SYMBOLS = frozenset("$€£¥₹₩₽₺₪฿₫₱₿¢")
_PLAIN_LETTERS = frozenset("0123456789.,-+eE \n")


def read_numbers(words: Words, decimal: str = ".") -> Numbers:
    """Parse numbers with the decimal mark ``.`` or ``,``, which may have groups (1,234.50) and signs ($, K, M, %)."""
    empty = np.array(words == "", np.bool_)
    values = np.full(len(words), np.nan)
    filled = np.flatnonzero(~empty)
    _read(words, filled, values, decimal)
    values[np.isinf(values)] = np.nan
    missing = filled[np.isnan(values[filled])]
    empty[[row for row in missing.tolist() if not words[row].strip()]] = True
    return Numbers(values, empty, np.isnan(values) & ~empty)


def _read(words: Words, rows: npt.NDArray[np.intp], values: Floats, decimal: str) -> None:
    """Parse ``rows`` all at once, or if that fails in halves, down to a few that are parsed one by one."""
    if len(rows) <= _FEW:
        values[rows] = [number(word, decimal) for word in words[rows]]
        return
    mine = words[rows]
    joined = "\n".join(mine) + "\n"
    if "_" not in joined and (decimal == "." or not ("." in joined or "," in joined)) and joined.isascii():
        # Python's float() accepts "_" and digits other than 0 to 9.
        try:
            values[rows] = mine.astype(np.float64)
        except ValueError:
            pass
        else:
            return
    if _TIDY[decimal].fullmatch(joined):
        values[rows] = np.array(joined.translate(_UNTIDY[decimal]).split("\n")[:-1], object).astype(np.float64)
        return
    half = len(rows) // 2
    _read(words, rows[:half], values, decimal)
    _read(words, rows[half:], values, decimal)


def number(word: str, decimal: str = ".") -> float:
    """One number; NaN if it is none. ``_``, hexadecimal and digits other than 0 to 9 are not accepted.

    Parentheses are a minus. A currency, ``p`` and ``%`` are left out: 1.5% is 1.5.
    """
    word = word.strip()
    found = _AMOUNT.fullmatch(word) if len(word) <= _MAX_LENGTH else None
    if found is None:
        return float("nan")
    opened, inner = found["open"] is not None, found["inner"] is not None
    digits = found["digits"].strip(_GAPS)
    if (opened + inner) != (found["close"] is not None) or not _DIGITS[decimal].fullmatch(digits):
        return float("nan")
    signs = (found["sign"] or "") + (found["late"] or "")
    if len(signs) > 1 or (signs and (opened or inner)):
        return float("nan")
    whole, point, rest = digits.partition(decimal)
    plain = re.sub(rf"[,.{_GAPS}]", "", whole) + ("." + rest if point else "")
    scale = _SCALES[found["scale"].lower()] if found["scale"] else 0
    # "1.1M" is 1100000; 1.1 * 1e6 in floats is not.
    value = float(plain + found["exponent"]) * 10.0**scale if found["exponent"] else float(f"{plain}e{scale}")
    is_negative = opened or inner or signs in tuple(_MINUS)
    return -value if is_negative else value


def means_none(word: str) -> bool:
    """Whether a text means "no value": ``null``, ``N/A``, ``NaN``, ``-``."""
    return word.strip().lower() in _NONE


def is_number(word: str) -> bool:
    """Whether a text is a number with either decimal mark."""
    return not (math.isnan(number(word)) and math.isnan(number(word, ",")))


def units_of(words: Iterable[str]) -> set[str]:
    """The currencies in texts of numbers: ``{"$", "p"}``."""
    joined = "\n".join(words)
    letters = set(joined) - _PLAIN_LETTERS
    if any(letter.isalpha() for letter in letters):
        return set(_UNIT.findall(joined))
    return letters & _SYMBOLS
