"""Who may use another folded interval."""

from __future__ import annotations

import msgspec
import pytest

from tests.support.model_client import ScriptedOutlet, decoded
from ticker.errors import ProtocolError
from ticker.hub.hub import Hub
from ticker.hub.intervals import IntervalsInUse
from ticker.intervals import Interval, interval
from ticker.market.bar_store import BarStore
from ticker.wire.limits import Limits
from ticker.wire.messages import Subscribe

EVIL, GOOD = "198.51.100.7", "192.0.2.1"


def minutes(number: int) -> Interval:
    found = interval(f"{number}m")
    assert found is not None
    return found


def test_the_hub_counts_by_the_address_of_a_client() -> None:
    """Of all its connections; what one uses is free when it disconnects."""
    hub = Hub(["AAPL"], limits=Limits(intervals_per_address=1))
    outlets = [ScriptedOutlet() for _ in range(3)]
    one, two, other = (
        hub.attach(outlet, "json", source=source) for outlet, source in zip(outlets, (EVIL, EVIL, GOOD), strict=True)
    )
    bars = Subscribe(symbols=["AAPL"], channel="bars", interval="2m")
    hub.handle(one, bars, 0)
    for session in (two, other):
        hub.handle(session, msgspec.structs.replace(bars, interval="3m"), 0)
    kinds = [[decoded(each, "json")["type"] for each in outlet.sent] for outlet in outlets]
    assert [each[1] for each in kinds] == ["subscribed", "error", "subscribed"]
    hub.detach(one)
    outlets[1].sent.clear()
    hub.handle(two, msgspec.structs.replace(bars, interval="3m"), 0)
    assert decoded(outlets[1].sent[0], "json")["type"] == "subscribed"


def test_an_address_has_a_share_of_the_intervals() -> None:
    """Joining an interval in use costs nothing; an interval that ended frees its place. Localhost has no share."""
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
