"""The feed `random-walk`: options, pace and seed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import aclosing
from pathlib import Path

import msgspec
import numpy as np
import pytest

from feeds.random_walk.feed import MAX_SYMBOLS, RandomWalk, RandomWalkOptions
from tests.support.fake_clock import START_NS, FakeClock, epoll
from ticker.errors import OptionError
from ticker.feed.feed import Feed, PausableFeed, feed_options
from ticker.model import FeedEvent, Quotes, Rollover, TickBatch, Trades, concatenated
from ticker.testing import check_feed

RATE = "ticks_per_second"


def built(given: Mapping[str, str], clock: FakeClock | None = None) -> RandomWalk:
    """The feed as the command line builds it, from strings."""
    options = feed_options(RandomWalk, given)
    assert isinstance(options, RandomWalkOptions)
    return RandomWalk(options, clock or FakeClock())


def feed(clock: FakeClock | None = None, **given: str) -> RandomWalk:
    return built(given, clock)


async def take(feed: RandomWalk, ticks: int, between: Callable[[int], None] = lambda taken: None) -> list[FeedEvent]:
    """Events until ``ticks`` ticks have come; ``between`` is called after each with their number."""
    events: list[FeedEvent] = []
    taken = 0
    async with aclosing(aiter(feed)) as stream:
        async for event in stream:
            events.append(event)
            taken += len(event) if isinstance(event, TickBatch) else 0
            between(taken)
            if taken >= ticks:
                break
    return events


def columns(events: list[FeedEvent], ticks: int) -> list[bytes]:
    """The bytes of all columns of the first ``ticks`` ticks."""
    batches = [event for event in events if isinstance(event, TickBatch)]
    stamps = np.sort(np.concatenate([np.concatenate((b.trades.ts, b.quotes.ts)) for b in batches]))
    last = stamps[ticks - 1]
    result = []
    wholes: list[Trades | Quotes] = [
        concatenated([batch.trades for batch in batches]),
        concatenated([batch.quotes for batch in batches]),
    ]
    for whole in wholes:
        columns = (getattr(whole, name) for name in type(whole).__slots__)
        result += [column[whole.ts <= last].tobytes() for column in columns if column is not None]
    return result


def test_the_feed_is_pausable_and_has_its_symbols_before_the_first_event() -> None:
    market = feed(count="3", seed="5", ticks_per_second="2500")
    assert isinstance(market, Feed)
    assert isinstance(market, PausableFeed)
    info = market.info
    assert list(info.symbols) == ["NVDA", "SPY", "TSLA"]
    assert (info.complete, info.ends, info.pausable, info.currency, info.epoch) == (True, False, True, "USD", None)
    assert info.title == "simulated market of 3 symbols, 2,500 ticks per second, seed 5"


async def test_check_feed_finds_no_fault() -> None:
    """On the real clock."""
    options = feed_options(RandomWalk, {"ticks_per_second": "20000", "count": "300"})
    assert isinstance(options, RandomWalkOptions)
    assert await check_feed(RandomWalk(options), events=100, for_s=0.5, block_s=2) == []


def test_every_option_is_described() -> None:
    for field in msgspec.structs.fields(RandomWalk.Options):
        kind = msgspec.inspect.type_info(field.type)
        assert isinstance(kind, msgspec.inspect.Metadata), field.name
        assert kind.extra_json_schema is not None
        assert len(kind.extra_json_schema["description"]) > 20, field.name


async def test_a_seed_gives_the_same_bytes_for_any_pacing_and_consumer() -> None:
    """With a coarse timer, stalls, pauses and repeated iteration; including timestamps."""
    plain = await take(feed(seed="3", count="30", ticks_per_second="20000"), 60_000)

    clock = FakeClock(lambda seconds: epoll(seconds) + 0.015)
    market = feed(clock, seed="3", count="30", ticks_per_second="20000")

    def disturb(taken: int) -> None:
        clock.now_s += 0.3 if taken % 7 == 0 else 0
        if taken % 3 == 0:
            market.pause()
            clock.now_s += 100
            market.resume()

    other = []
    for _ in range(6):
        other += await take(market, 10_000, disturb)
    assert len(other) != len(plain)
    assert columns(other, 60_000) == columns(plain, 60_000)
    different = await take(feed(seed="4", count="30", ticks_per_second="20000"), 60_000)
    assert all(a != b for a, b in zip(columns(different, 60_000), columns(plain, 60_000), strict=True))


async def test_iterating_again_continues_after_the_last_event() -> None:
    """No tick is repeated or missing, and there is no second opening."""
    market = feed(seed="1", count="5", ticks_per_second="50")
    events: list[FeedEvent] = []
    for _ in range(40):
        events += await take(market, 37)
    assert sum(isinstance(event, Rollover) for event in events) == 1
    assert isinstance(events[0], Rollover)
    once = await take(feed(seed="1", count="5", ticks_per_second="50"), 1400)
    assert columns(events, 1400) == columns(once, 1400)


@pytest.mark.parametrize(("rate", "seconds"), [(1, 200), (3.5, 200), (1000, 30), (200_000, 2)])
async def test_the_rate_is_kept_within_two_percent(rate: float, seconds: int) -> None:
    """With a timer of 1 ms resolution, after the opening."""
    clock = FakeClock(epoll)
    market = feed(clock, ticks_per_second=str(rate), seed="1")
    begin_s = clock.now_s
    events = await take(market, round(200 + rate * seconds))
    ticks = sum(len(event) for event in events if isinstance(event, TickBatch)) - 200
    assert ticks / (clock.now_s - begin_s) == pytest.approx(rate, rel=0.02)
    assert market.behind_s == 0


async def test_a_rate_that_can_not_be_kept_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """With the rate requested and the rate reached."""
    clock = FakeClock()
    market = feed(clock, ticks_per_second="100000", seed="1")
    behind, taken = [], 0

    def work(ticks: int) -> None:
        nonlocal taken
        clock.now_s += (ticks - taken) / 80_000
        taken = ticks
        behind.append(market.behind_s)

    with caplog.at_level(logging.WARNING, "feeds"):
        await take(market, 1_500_000, work)
    texts = [record.getMessage() for record in caplog.records]
    assert len(texts) == 2
    for text in texts:
        assert "80 % of the requested pace (100,000 ticks per second)" in text
        reached = float(text.partition("late: ")[2].partition(" ticks per second")[0].replace(",", ""))
        assert reached == pytest.approx(80_000, rel=0.02)
    assert behind[-1] == pytest.approx(15 * 0.25, rel=0.1)


async def test_pausing_stops_ticks_and_simulated_time() -> None:
    """No burst follows."""
    clock = FakeClock()
    market = feed(clock, ticks_per_second="100", count="5", seed="1")
    await take(market, 50)
    states = [market.paused]
    market.pause()
    states.append(market.paused)
    following = asyncio.ensure_future(take(market, 1))
    for _ in range(30):
        await asyncio.sleep(0)
    assert not following.done()
    clock.now_s += 50
    market.resume()
    assert [*states, market.paused] == [False, True, False]
    (event,) = await following
    assert isinstance(event, TickBatch)
    assert len(event) <= 2


@pytest.mark.parametrize(
    ("given", "first_ns"),
    [
        ({"seed": "1"}, START_NS),
        ({}, START_NS + 40_000_000_000),
        ({"seed": "1", "start": "now"}, START_NS + 40_000_000_000),
        ({"start": "2024-02-29T15:30:00+01:00"}, 1_709_217_000_000_000_000),
        ({"start": "2024-02-29 14:30"}, 1_709_217_000_000_000_000),
        ({"start": "2024-02-29T14:30:00.000001Z"}, 1_709_217_000_000_001_000),
    ],
)
async def test_the_simulated_clock_starts_as_the_options_say(given: dict[str, str], first_ns: int) -> None:
    """With a seed at a fixed time, otherwise now; or as given."""
    clock = FakeClock()
    market = built({"count": "1", **given}, clock)
    clock.now_s += 40
    _, opening = await take(market, 1)
    assert isinstance(opening, TickBatch)
    assert opening.trades.ts[0] == first_ns


async def test_without_a_seed_one_is_drawn_and_reported() -> None:
    """So that the market can be repeated."""
    one, other = feed(count="3"), feed(count="3")
    assert one.seed != other.seed
    assert str(one.seed) in one.info.title
    again = feed(count="3", seed=str(one.seed), start="now")
    assert columns(await take(again, 500), 500) == columns(await take(one, 500), 500)


def test_symbols_come_from_the_list_the_file_or_the_count(tmp_path: Path) -> None:
    """Distinct, in order; comments and blank lines are ignored."""
    assert len(feed().info.symbols) == 100
    assert list(feed(symbols="MSFT, AAPL,MSFT,XYZ").info.symbols) == ["MSFT", "AAPL", "XYZ"]
    file = tmp_path / "symbols.txt"
    file.write_bytes("\ufeff# mine\r\nTSLA   # cars\r\n\r\n  BRK.B\r\nTSLA\r\n日経\r\n".encode())
    assert list(feed(symbols_file=str(file)).info.symbols) == ["TSLA", "BRK.B", "日経"]
    assert list(feed(count="102").info.symbols)[-2:] == ["SYM0101", "SYM0102"]


@pytest.mark.parametrize(
    ("given", "option", "text"),
    [
        ({"symbols": "A", "count": "3"}, "count", "--symbols and --count can't be given together"),
        ({"symbols": "A", "symbols_file": "f"}, "symbols_file", "--symbols and --symbols-file can't be given together"),
        ({"symbols_file": "f", "count": "3"}, "count", "--symbols-file and --count can't be given together"),
        ({"symbols": "A,*"}, "symbols", "--symbols: '*'"),
        ({"symbols": "A B"}, "symbols", "--symbols: 'A B'"),
        ({"symbols": "x" * 65}, "symbols", f"--symbols: '{'x' * 65}'"),
        ({"count": "0"}, "count", "--count must be from 1 to 100,000, not 0"),
        ({"count": "100001"}, "count", "--count must be from 1 to 100,000, not 100,001"),
        ({RATE: "0.5"}, RATE, "--ticks-per-second must be from 1 to 200,000, not 0.5"),
        ({RATE: "200001"}, RATE, "--ticks-per-second must be from 1 to 200,000, not 200,001"),
        ({RATE: "nan"}, RATE, "--ticks-per-second must be from 1 to 200,000, not nan"),
        ({RATE: "fast"}, RATE, "--ticks-per-second: expected a number, got 'fast'"),
        ({"seed": "-1"}, "seed", "--seed must be 0 or more, not -1"),
        ({"start": "tomorrow"}, "start", "--start: 'tomorrow' is neither ISO 8601 nor 'now'"),
        ({"start": "1969-12-31"}, "start", "--start must be after 1970 and before 2200, not 1969-12-31"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start", "--start must be after 1970"),
        ({"start": "2261-01-01"}, "start", "--start must be after 1970 and before 2200, not 2261-01-01"),
        ({"speed": "2"}, "speed", "--speed is not an option of this feed"),
    ],
)  # fmt: skip
def test_an_invalid_option_is_an_error_that_names_it(given: dict[str, str], option: str, text: str) -> None:
    with pytest.raises(OptionError) as raised:
        built(given)
    assert raised.value.option == option
    assert str(raised.value).startswith(text)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "No such file or directory"),
        (b"", "symbols.txt"),
        (b"# none\n\n", "symbols.txt"),
        (b"AAPL\n\xff\xfe\n", "symbols.txt.*UTF-8"),
        (b"AAPL, MSFT\n", "'AAPL, MSFT' in "),
        (b"AAPL\nA\tB\n", "symbols.txt"),
        ("\n".join(f"S{n}" for n in range(MAX_SYMBOLS + 1)).encode(), "100,001 .*100,000"),
    ],
)
def test_an_unusable_symbols_file_is_an_error_that_names_it(content: bytes | None, text: str, tmp_path: Path) -> None:
    """Missing, empty, not text, or in another format."""
    file = tmp_path / "symbols.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(OptionError, match=text) as raised:
        feed(symbols_file=str(file))
    assert raised.value.option == "symbols_file"


def test_a_directory_is_not_a_symbols_file(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="Is a directory"):
        feed(symbols_file=str(tmp_path))
