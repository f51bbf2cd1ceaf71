"""Fixtures of the browser tests: one Chromium per worker, a new browser context per test, and shared servers.

The fixtures use playwright's synchronous interface. Its event loop lives as long as the browser, which is closed before
the tests of other folders start their own loops.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.browser.dashboard import Dashboard
from tests.browser.pages import PagePool
from tests.browser.serving import KeyedServer, Replay, Server, Stage, fetched, market

#: The symbols of `stage`.
SYMBOLS = ("AAPL", "MSFT", "NVDA")

Visit = Callable[..., Dashboard]
Staging = Callable[..., Stage]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if not chromium.is_enabled():
        pytest.skip("TICKER_BROWSER=none")
    try:
        chromium.executable()
    except FileNotFoundError as error:
        pytest.fail(str(error), pytrace=False)
    with chromium.running() as started:
        yield started


@pytest.fixture(scope="package")
def pages(browser: Browser) -> PagePool:
    return PagePool(browser)


@pytest.fixture
def visit(pages: PagePool, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """``visit(url, **context)`` opens the dashboard; with ``beside=dashboard`` in another tab of the same context.

    After the test no page may have logged or thrown an unexpected error.
    """
    # Create the test's own servers first: pages must be left before their server stops, or they log errors.
    for name in {"stage", "staging"} & set(request.fixturenames):
        request.getfixturevalue(name)
    opened: list[Dashboard] = []

    def visit(url: str, **settings: Any) -> Dashboard:
        opened.append(pages.open(url, **settings))
        return opened[-1]

    yield visit
    errors = [text for dashboard in opened for text in dashboard.errors.unexpected()]
    pages.release(opened)
    assert errors == []


@pytest.fixture
def staging() -> Iterator[Staging]:
    """``staging(*symbols, **options)``: a `Stage` for one test."""
    with ExitStack() as servers:
        yield lambda *symbols, **options: servers.enter_context(Stage(symbols, **options))


@pytest.fixture(scope="package")
def stages() -> Iterator[list[Stage]]:
    """The stages that tests share, one after another; the last one is in use."""
    started: list[Stage] = []
    yield started
    for each in started:
        each.close()


@pytest.fixture
def stage(stages: list[Stage]) -> Stage:
    """A stage with prices of three symbols. A test may break it: the next one then gets another."""
    if not stages or not stages[-1].is_resettable:
        stages.append(Stage(SYMBOLS))
    started = stages[-1]
    started.reset()
    started.play(
        ("trade", "AAPL", 187.4, 100),
        ("quote", "AAPL", 187.39, 300, 187.41, 200),
        ("trade", "MSFT", 54.1, 200),
        ("quote", "MSFT", 54.09, 100, 54.12, 100),
        ("trade", "NVDA", 902.0, 300),
        ("quote", "NVDA", 901.9, 50, 902.1, 60),
    )
    while fetched(f"{started.url}/v1/snapshot?symbols=NVDA")["data"].get("NVDA", {}).get("volume") != 300:
        time.sleep(0.01)
    return started


@pytest.fixture(scope="package")
def replays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    with Replay(tmp_path_factory.mktemp("replay") / "history.csv") as started:
        yield started


@pytest.fixture
def history(replays: Replay) -> Replay:
    """Half an hour of two symbols, playing in real time from its beginning."""
    replays.reset()
    return replays


@pytest.fixture(scope="package")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyedServer]:
    """A server that requires keys."""
    with KeyedServer(tmp_path_factory.mktemp("keys") / "keys.json") as started:
        yield started


@pytest.fixture(scope="package")
def a_market() -> Iterator[Server]:
    """A simulated market of 1,000 symbols, for tests that only read."""
    with market(count=1_000) as started:
        yield started
