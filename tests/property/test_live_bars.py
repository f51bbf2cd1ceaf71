"""The Python client's live bars end as the bars that are fetched, whatever happens to the connection."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.model_client import ScriptedOutlet
from ticker.client.protocol.bars import Bar
from ticker.client.protocol.protocol import ClientProtocol
from ticker.hub.hub import Hub
from ticker.hub.session import Session
from ticker.intervals import interval
from ticker.model import SymbolTable, TickBatch, Trades, Watermark
from ticker.wire.codec import codec_for
from ticker.wire.messages import ClientMessage, Welcome

SECOND = 10**9
#: 2024-01-03 14:30 UTC.
START = 1_704_292_200 * SECOND
NAMES = ["AAPL", "MSFT"]
TABLE = SymbolTable(NAMES)
#: Kept by the server, and folded on request.
INTERVALS = ("1m", "30s")
CODEC = codec_for("json", 32)

#: Seconds since the trade before, seconds late, code, price.
_trade = st.tuples(
    st.sampled_from([0, 1, 7, 31, 70]), st.sampled_from([0, 0, 20, 50]), st.integers(0, 1), st.integers(1, 9)
)
_steps = st.lists(st.one_of(_trade, st.sampled_from(["mark", "beat", "cut", "connect", "take"])), max_size=40)


class Client:
    """The client's protocol, over a hub's outlet, and the bars that its user has taken."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.protocol = ClientProtocol([], "ticker", None, 10_000, "test")
        self.bars: dict[tuple[str, str, int], Bar] = {}
        self.came: list[tuple[str, str, int, int]] = []
        self.session: Session | None = None
        self.outlet = ScriptedOutlet()
        for name in INTERVALS:
            self.protocol.bars_of(name).watch(["AAPL", "MSFT"])

    def connect(self) -> None:
        if self.session is None:
            self.outlet = ScriptedOutlet()
            self.session = self.hub.attach(self.outlet, "json")
            welcome = CODEC.decode_server(self.outlet.sent.pop(0))
            assert isinstance(welcome, Welcome)
            self.ask(self.protocol.connected(welcome))
            self.read()

    def ask(self, requests: list[ClientMessage]) -> None:
        assert self.session is not None
        for request in requests:
            self.hub.handle(self.session, request, 0)

    def cut(self) -> None:
        """What was sent and not read is lost."""
        if self.session is not None:
            self.hub.detach(self.session)
            self.session = None
            self.protocol.disconnected()

    def read(self) -> None:
        while self.outlet.sent and self.session is not None:
            self.ask(self.protocol.receive(CODEC.decode_server(self.outlet.sent.pop(0))))

    def take(self) -> None:
        for name in INTERVALS:
            queue = self.protocol.bars[name]
            while (bar := queue.take()) is not None:
                self.bars[name, bar.symbol, bar.start] = bar
                if bar.closed:
                    self.came.append((name, bar.symbol, bar.start, bar.revision))


@given(_steps)
@settings(max_examples=80, deadline=None)
def test_live_bars_end_as_the_fetched_ones(steps: list[tuple[int, int, int, int] | str]) -> None:
    """Each closed bar of a kept interval comes once per revision, and nothing is lost."""
    hub, now = Hub(NAMES), START
    client = Client(hub)
    client.connect()
    for step in [*steps, "connect", (1, 0, 0, 5), (0, 0, 1, 5), "mark", "beat", "mark", "beat", "take"]:
        if isinstance(step, tuple):
            later, late, code, price = step
            now += later * SECOND
            columns = np.array([code], np.int32), np.array([max(START, now - late * SECOND)])
            hub.publish(TickBatch(TABLE, Trades(*columns, np.array([float(price)]), np.ones(1))))
        elif step == "mark":
            now += 1
            hub.publish(Watermark(now))
        elif step == "beat":
            hub.beat(10.0, 0)
            client.read()
        else:
            {"cut": client.cut, "connect": client.connect, "take": client.take}[step]()
    hub.bars.fold()
    for name in INTERVALS:
        for row, symbol in enumerate(NAMES):
            starts, values, closed, _, _ = hub.bars.history(row, interval(name))
            mine = {start: bar for (each, of, start), bar in client.bars.items() if (each, of) == (name, symbol)}
            for start, bar in zip(starts.tolist(), zip(values.tolist(), closed.tolist(), strict=True), strict=True):
                fetched, is_closed = bar
                got = mine[start]
                assert [got.open, got.high, got.low, got.close, got.volume] == fetched[:5]
                assert got.closed == is_closed
    kept = [each for each in client.came if each[0] == "1m"]
    assert len(kept) == len(set(kept))
    assert not any(queue.lost for queue in client.protocol.bars.values())
    assert client.protocol.resyncs == 0
