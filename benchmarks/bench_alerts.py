"""Alerts: the time they add to a batch of ticks in the hub, and the cost of an alert that fires."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import numpy as np

from benchmarks.measure import TS, NullOutlet, show
from ticker.alerts.op_handler import AlertHandler
from ticker.hub.hub import Hub
from ticker.model import Quotes, SymbolTable, TickBatch, Trades
from ticker.wire.limits import Limits

SYMBOLS = 500
#: 10,000 ticks a second in 20 batches a second.
TICKS, BATCHES_HZ = 500, 20
BATCHES = 400
REPEATS = 7


def a_walk(table: SymbolTable, step: float) -> list[TickBatch]:
    """Batches of a random walk, a third of them trades. Prices start at 100 and move by about ``step`` a tick."""
    rng = np.random.default_rng(1)
    price = np.full(SYMBOLS, 100.0)
    made = []
    for number in range(BATCHES):
        symbol = rng.permutation(SYMBOLS)[:TICKS].astype(np.int32)
        price[symbol] *= np.exp(rng.normal(0, step, len(symbol)))
        ts, now, size = (
            TS + number * 1_000 + np.arange(len(symbol)),
            price[symbol].round(2),
            np.full(len(symbol), 100.0),
        )
        third = len(symbol) // 3
        first, rest = slice(third), slice(third, None)
        trades = Trades(symbol[first], ts[first], now[first], size[first])
        sides = (now[rest], size[rest], now[rest] + 0.01, size[rest])
        made.append(TickBatch(table, trades, Quotes(symbol[rest], ts[rest], *sides)))
    return made


def a_hub(table: SymbolTable, conditions: list[tuple[str, str]] | None, *, hysteresis: float | None = None) -> Hub:
    """A hub with these alerts (symbol, condition); None: a hub without the alerts handler."""
    if conditions is None:
        return Hub(table.names)
    desk = AlertHandler()
    hub = Hub(table.names, limits=Limits(alerts=10_000), op_handlers=[desk], observer=desk)
    desk.watch(hub)
    session = hub.attach(NullOutlet(), "json")
    for number, (symbol, when) in enumerate(conditions):
        more = {"owner": "bench", "once": False, "hysteresis": hysteresis}
        hub.receive(session, json.dumps({"op": "alert", "id": number, "symbol": symbol, "when": when, **more}), TS)
    assert desk.count == len(conditions)
    return hub


def spread(count: int, far: float) -> list[tuple[str, str]]:
    """``count`` alerts on all fields, evenly over the symbols, ``far`` percent above and below their prices."""
    kinds = [
        f"last >= {100 + far}",
        f"bid <= {100 - far}",
        f"ask crosses {100 + far}",
        f"last < {100 - far}",
    ]
    return [(f"S{number * SYMBOLS // count % SYMBOLS:05}", kinds[number % len(kinds)]) for number in range(count)]


def fired(hub: Hub) -> int:
    return sum(session.outlet.frames for session in hub.sessions)


def main() -> None:
    table = SymbolTable(f"S{number:05}" for number in range(SYMBOLS))
    walk = a_walk(table, 0.0001)
    tremble = [(table[0], f"last crosses {100 + number / 1e6}") for number in range(200)]
    up_and_down = []
    for number in range(BATCHES):
        price = np.where(np.arange(2) % 2, 101.0, 99.0)
        up_and_down.append(
            TickBatch(table, Trades(np.zeros(2, np.int32), np.full(2, TS + number), price, np.full(2, 1.0)))
        )
    contenders: dict[str, tuple[Callable[[], Hub], list[TickBatch]]] = {
        "no alerts known of": (lambda: a_hub(table, None), walk),
        "0 alerts": (lambda: a_hub(table, []), walk),
        "10 alerts, 5 % away": (lambda: a_hub(table, spread(10, 5)), walk),
        "1,000 alerts, 5 % away": (lambda: a_hub(table, spread(1_000, 5)), walk),
        "1,000 alerts, 0.1 % away, some fire": (lambda: a_hub(table, spread(1_000, 0.1)), walk),
        "10,000 alerts, 5 % away": (lambda: a_hub(table, spread(10_000, 5)), walk),
        "1,000 of volume and change_pct": (
            lambda: a_hub(
                table, [(symbol, when) for symbol in table.names for when in ("volume >= 1e9", "change_pct < -5")]
            ),
            walk,
        ),
        "a trade above, one below: no alerts": (lambda: a_hub(table, []), up_and_down),
        "… 200 alerts, and each fires at each": (lambda: a_hub(table, tremble, hysteresis=0.0), up_and_down),
    }
    best = dict.fromkeys(contenders, float("inf"))
    frames = dict.fromkeys(contenders, 0)
    # In turns, so that other load on the machine affects all cases alike.
    for _ in range(REPEATS):
        for name, (made, batches) in contenders.items():
            hub = made()
            before = fired(hub)
            started = time.process_time()
            for batch in batches:
                hub.publish(batch)
                hub.beat(BATCHES_HZ, TS)
            best[name] = min(best[name], time.process_time() - started)
            frames[name] = fired(hub) - before
    rows = []
    base = {id(walk): "0 alerts", id(up_and_down): "a trade above, one below: no alerts"}
    for name, (_, batches) in contenders.items():
        cost = best[name] / BATCHES
        more = cost - best[base[id(batches)]] / BATCHES
        each = f"{more * BATCHES / frames[name] * 1e6:.1f}" if frames[name] > 10_000 else ""
        rows.append(
            [name, f"{cost * 1e6:.0f}", f"{more * 1e6:+.0f}", f"{more * BATCHES_HZ:+.2%}", f"{frames[name]:,}", each]
        )
    columns = ["", "µs a batch", "more", "of a core, at 20 a second", "fired", "µs each"]
    show(f"Batches of {TICKS} ticks of {SYMBOLS} symbols through the hub, no subscriptions", columns, rows)


if __name__ == "__main__":
    main()
