"""Who may use another folded interval."""

from __future__ import annotations

import pytest

from ticker.errors import ProtocolError
from ticker.hub.intervals import IntervalsInUse
from ticker.intervals import Interval, interval
from ticker.market.bar_store import BarStore
from ticker.wire.limits import Limits

EVIL, GOOD = "198.51.100.7", "192.0.2.1"


def minutes(number: int) -> Interval:
    found = interval(f"{number}m")
    assert found is not None
    return found


def test_an_address_has_a_share_of_the_intervals() -> None:
    """It may join in one that it uses already, and use another one when one has ended. Localhost has no share."""
    use, store = IntervalsInUse(Limits(intervals_per_address=2)), BarStore()
    for number in (2, 3):
        use.check(minutes(number), [], EVIL, 7)
        use.begin(minutes(number), EVIL, store)
    use.check(minutes(3), [], EVIL, 7)
    use.begin(minutes(3), EVIL, store)
    with pytest.raises(ProtocolError, match="your address or key uses 2 intervals") as raised:
        use.check(minutes(4), [], EVIL, 7)
    assert (raised.value.code, raised.value.id) == ("too-many-intervals", 7)
    for source in (GOOD, "", ""):
        use.check(minutes(4), [], source, 7)
        use.begin(minutes(4), source, store)
    use.end(minutes(3), EVIL, store)
    with pytest.raises(ProtocolError):
        use.check(minutes(4), [], EVIL, 7)
    use.end(minutes(3), EVIL, store)
    use.check(minutes(4), [], EVIL, 7)
