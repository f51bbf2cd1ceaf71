"""The clients of a soak: every transport, encoding and channel, with the project's client and independent ones."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.soak.client import Client
from tests.soak.feed import removable
from tests.soak.model import ModelledClient
from tests.soak.own_client import OwnClient, Transport
from tests.soak.plan import RATES
from tests.soak.poll import PollingClient
from tests.soak.tape import ALL, Recording

#: Implementation, transport, encoding, channels. ``make_clients`` cycles through it.
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


def recorder(port: int, rng: random.Random) -> tuple[ModelledClient, dict[str, Recording]]:
    """A client of all trades and quotes, to which the plan applies no faults, and its recordings by channel."""
    recording = {"trades": Recording(), "quotes": Recording()}
    wanted = {channel: {ALL} for channel in recording}
    client = ModelledClient(
        *("the recorder", port, wanted),
        transport="websocket",
        encoding="json",
        rate_hz=10,
        rng=rng,
        recording=recording,
    )
    return client, recording


def make_clients(port: int, size: int, symbols: Sequence[str], rng: random.Random) -> list[Client]:
    """``size`` clients. A quarter watch all symbols, the others a few."""
    steady = [name for name in symbols if name not in removable(symbols)]

    def random_watchlist(channel: str) -> set[str]:
        # A removed symbol loses its bars, and a subscription to it is rejected.
        some = symbols if channel == "ticker" else steady
        return {ALL} if rng.random() < 0.25 else {symbols[0], *rng.sample(some, rng.randint(2, 7))}

    clients: list[Client] = []
    for number in range(size):
        implementation, transport, encoding, channels = ROSTER[number % len(ROSTER)]
        name = f"client {number + 1} ({implementation}, {transport}, {encoding}, {' and '.join(channels)})"
        rate_hz, client_rng = rng.choice(RATES), random.Random(rng.getrandbits(64))
        wanted = {channel: random_watchlist(channel) for channel in channels}
        if implementation == "own":
            (channel,) = channels
            clients.append(
                OwnClient(
                    *(name, port, channel, wanted[channel]),
                    transport=transport,
                    encoding=encoding,
                    rate_hz=rate_hz,
                    rng=client_rng,
                )
            )
        elif transport == "poll":
            clients.append(PollingClient(name, port, wanted["ticker"], rate_hz=rate_hz or 20, rng=client_rng))
        else:
            clients.append(
                ModelledClient(
                    *(name, port, wanted), transport=transport, encoding=encoding, rate_hz=rate_hz, rng=client_rng
                )
            )
    return clients
