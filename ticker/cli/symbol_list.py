"""Lists of symbols on the command line."""

from __future__ import annotations

import re
from typing import Final

_COMMA: Final = re.compile("%(25)?2C", re.IGNORECASE)


def split_symbols(text: str) -> list[str]:
    """``AAPL,MSFT``; a comma that belongs to a symbol is written ``%2C``, as in addresses, and ``%2C`` is ``%252C``."""
    return [_COMMA.sub(lambda found: "%2C" if found[1] else ",", part) for part in text.split(",") if part]
