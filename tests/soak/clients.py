"""The clients of a soak: of every transport, encoding and channel; the project's own, and some that know none of it."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.soak.client import Client
from tests.soak.feed import fleeting
from tests.soak.model import Modelled
from tests.soak.own_client import Own, Transport
from tests.soak.plan import RATES
from tests.soak.poll import Polling
from tests.soak.tape import ALL, Happened

#: Whose client it is, how it is connected, in which encoding, and its channels. A crew goes through it in turn.
ROSTER: Sequence[tuple[str, Transport, str, tuple[str, ...]]] = (
    ("own", "websocket", "json", ("ticker",)),
    ("model", "websocket", "msgpack", ("ticker", "trades", "bars")),
    ("own", "sse", "json", ("ticker",)),
    ("model", "sse", "json", ("ticker", "quotes", "bars")),
    ("own", "poll", "json", ("ticker",)),
    ("model", "poll", "json", ("ticker",)),
    ("own", "websocket", "msgpack", ("trades",)),
    ("model", "websocket", "json", ("bars", "ticker", "quotes")),
    ("own", "websocket", "msgpack", ("ticker",)),
    ("model", "sse", "json", ("trades",)),
    ("own", "websocket", "json", ("quotes",)),
    ("model", "websocket", "msgpack", ("trades", "quotes")),
    ("own", "sse", "json", ("trades",)),
    ("model", "websocket", "json", ("ticker",)),
)


def recorder(port: int, chance: random.Random) -> tuple[Modelled, dict[str, Happened]]:
    """Who watches every trade and quote and suffers nothing but the server's faults; and what it records."""
    happened = {"trades": Happened(), "quotes": Happened()}
    wanted = {channel: {ALL} for channel in happened}
    client = Modelled(
        *("the recorder", port, wanted),
        transport="websocket",
        encoding="json",
        rate_hz=10,
        chance=chance,
        happened=happened,
    )
    return client, happened


def crew(port: int, size: int, symbols: Sequence[str], chance: random.Random) -> list[Client]:
    """As many clients as that. Every fourth watches everything, the others a few symbols."""
    steady = [name for name in symbols if name not in fleeting(symbols)]

    def drawn(channel: str) -> set[str]:
        # What is removed is gone from the server's bars, too, and who connects just then is refused it.
        some = symbols if channel == "ticker" else steady
        return {ALL} if chance.random() < 0.25 else {symbols[0], *chance.sample(some, chance.randint(2, 7))}

    made: list[Client] = []
    for number in range(size):
        whose, transport, encoding, channels = ROSTER[number % len(ROSTER)]
        name = f"client {number + 1} ({whose}, {transport}, {encoding}, {' and '.join(channels)})"
        rate_hz, fate = chance.choice(RATES), random.Random(chance.getrandbits(64))
        wanted = {channel: drawn(channel) for channel in channels}
        if whose == "own":
            (channel,) = channels
            made.append(
                Own(
                    *(name, port, channel, wanted[channel]),
                    transport=transport,
                    encoding=encoding,
                    rate_hz=rate_hz,
                    chance=fate,
                )
            )
        elif transport == "poll":
            made.append(Polling(name, port, wanted["ticker"], rate_hz=rate_hz or 20, chance=fate))
        else:
            made.append(
                Modelled(*(name, port, wanted), transport=transport, encoding=encoding, rate_hz=rate_hz, chance=fate)
            )
    return made
