"""The desk chat: the cost of a message in a room, and its effect on prices."""

from __future__ import annotations

import json
import time

from benchmarks.measure import TS, NullOutlet, random_batches, show
from ticker.hub.hub import Hub
from ticker.hub.session import Session
from ticker.rooms.op_handler import RoomHandler
from ticker.wire.limits import Limits

SYMBOLS, WATCHED = 500, 20
#: 10,000 ticks a second in 20 beats a second.
TICKS, BATCHES_HZ = 500, 20
BATCHES = 200
CLIENTS = 500
REPEATS = 5
TEXT = "Out of half of $AAPL; the rest goes at 190, if it gets there before the close"
SEC_NS = 1_000_000_000


def said(number: int) -> str:
    return json.dumps({"op": "say", "room": "desk", "text": TEXT, "id": number})


def a_hub(names: tuple[str, ...], members: int | None, clients: int = CLIENTS) -> tuple[Hub, list[Session]]:
    """A hub and its clients, of which ``members`` are in a room; None: a hub without the rooms handler.

    Each client watches 20 symbols of its own, if there are any.
    """
    limits = Limits(room_members=CLIENTS, says_per_minute=1_000_000_000)
    desks = () if members is None else (RoomHandler(),)
    hub = Hub(names, limits=limits, op_handlers=desks)
    sessions = [hub.attach(NullOutlet(), "json") for _ in range(clients)]
    for number, session in enumerate(sessions):
        if names:
            mine = [names[(number * 7 + place * 23) % SYMBOLS] for place in range(WATCHED)]
            hub.receive(session, json.dumps({"op": "subscribe", "symbols": mine, "rate": BATCHES_HZ}), TS)
        if number < (members or 0):
            hub.receive(session, json.dumps({"op": "join", "room": "desk", "name": f"Member {number}"}), TS)
    while hub.waiting:  # until all have the member list
        hub.poll(TS + SEC_NS)
    return hub, sessions


def alone() -> None:
    """Messages alone, delivered to all members."""
    rows = []
    for members in (1, 10, 100, 500):
        hub, sessions = a_hub((), members, members)
        says = max(20, 10_000 // members)
        best = float("inf")
        for _ in range(REPEATS):
            before = sum(session.outlet.frames for session in sessions)
            started = time.process_time()
            for number in range(says):
                hub.receive(sessions[0], said(number), TS + 2 * SEC_NS)
            best = min(best, time.process_time() - started)
            assert sum(session.outlet.frames for session in sessions) - before == says * members
        rows.append([f"{members}", f"{best / says * 1e6:.1f}", f"{best / says / members * 1e6:.2f}"])
    show("Something said in a room, JSON", ["members", "µs", "µs a member"], rows)


def beside_prices() -> None:
    """The same ticks to the same clients, with and without messages between the beats."""
    table, batches = random_batches(SYMBOLS, TICKS, BATCHES)
    contenders: dict[str, tuple[int | None, int]] = {
        "without the handler": (None, 0),
        "no members": (0, 0),
        "500 in a room, all silent": (CLIENTS, 0),
        "… 1 said a second": (CLIENTS, 1),
        "… 20 said a second": (CLIENTS, 20),
    }
    best = dict.fromkeys(contenders, float("inf"))
    frames = dict.fromkeys(contenders, 0)
    # In turns, so that other load on the machine affects all cases alike.
    for _ in range(REPEATS):
        for name, (members, a_second) in contenders.items():
            hub, sessions = a_hub(tuple(table.names), members)
            before = sum(session.outlet.frames for session in sessions)
            started = time.process_time()
            for number, batch in enumerate(batches):
                ts = TS + 2 * SEC_NS + number * SEC_NS // BATCHES_HZ
                if a_second and number % (BATCHES_HZ // a_second) == 0:
                    hub.receive(sessions[number % len(sessions)], said(number), ts)
                hub.publish(batch)
                hub.beat(BATCHES_HZ, ts)
                hub.poll(ts)
            best[name] = min(best[name], time.process_time() - started)
            frames[name] = sum(session.outlet.frames for session in sessions) - before
    base = best["without the handler"]
    rows = [
        [
            name,
            f"{seconds / BATCHES * 1e3:.2f}",
            f"{seconds / base - 1:+.1%}",
            f"{(seconds - base) / BATCHES * BATCHES_HZ:+.2%}",
            f"{frames[name]:,}",
        ]
        for name, seconds in best.items()
    ]
    title = f"{TICKS * BATCHES_HZ:,} ticks/s, {CLIENTS} clients with {WATCHED} of {SYMBOLS} symbols each"
    show(title, ["", "ms a beat", "more", "of a core", "frames"], rows)


def main() -> None:
    alone()
    beside_prices()


if __name__ == "__main__":
    main()
