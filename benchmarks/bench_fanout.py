"""The hub's cost of a beat per client, without sockets. With sockets: ``python -m benchmarks.fanout``."""

from __future__ import annotations

import json

from benchmarks.measure import NullOutlet, best_s, random_batches, show
from ticker.hub.hub import Hub
from ticker.model import TickBatch

BEATS = 20


def chosen(client: int, each: int, symbols: int, *, same: bool) -> list[str]:
    first = 0 if same else client * 7
    return [f"S{(first + step * 3) % symbols:05}" for step in range(each)]


def hub_rows() -> list[list[str]]:
    rows = []
    for label, clients, each, ticks, same in (
        ("1,000 clients, each its own 20 of 500", 1_000, 20, 500, False),
        ("5,000 clients, all the same 50", 5_000, 50, 50, True),
        ("200 clients, all 500", 200, 500, 2_500, True),
    ):
        for encoding in ("json", "msgpack"):
            table, batches = random_batches(500, ticks, BEATS)
            hub = Hub(table)
            outlets = [NullOutlet() for _ in range(clients)]
            for number, outlet in enumerate(outlets):
                session = hub.attach(outlet, encoding)
                symbols = chosen(number, each, 500, same=same)
                hub.receive(session, json.dumps({"op": "subscribe", "symbols": symbols, "rate": 20}), 1)
            before = sum(outlet.frames for outlet in outlets)

            def work(hub: Hub = hub, batches: list[TickBatch] = batches) -> None:
                for batch in batches:
                    hub.publish(batch)
                    hub.beat(20, 1)

            each_s = best_s(work, 3)
            frames = (sum(outlet.frames for outlet in outlets) - before) / 3
            rows.append([label, encoding, f"{frames / BEATS:,.0f}", f"{each_s / frames * 1e6:.2f}"])
    return rows


if __name__ == "__main__":
    show("A beat in the hub, no sockets", ["what", "encoding", "frames a beat", "µs a frame"], hub_rows())
