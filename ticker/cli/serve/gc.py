"""How often Python's garbage collector looks for what nobody needs any more."""

from __future__ import annotations

import gc
from typing import Final

#: New objects before the youngest are looked at; and of such looks, how many to one at older ones.
_THRESHOLDS: Final = (20_000, 20, 50)


def calm() -> None:
    """Look less often, and never again at what is there now. To be called once the start is over.

    A beat makes thousands of objects that go by themselves right after it, and a client's are there for as long as it
    is: by default the collector would look at some of them in each beat. What lies in circles waits a little longer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
