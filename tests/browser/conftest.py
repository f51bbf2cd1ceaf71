"""What browser tests share: one Chromium, a fresh context for each test, and no complaint left unread.

The fixtures are plain ones over playwright's synchronous interface. Its event loop lives as long as the browser does,
which is no longer than this folder's tests: those of other folders have loops of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import chromium
from tests.browser.dashboard import Dashboard
from tests.browser.serving import Stage, fetched, market, replay
from tests.support.processes import Server

#: The symbols of a stage, unless a test wants others.
USUAL = ("AAPL", "MSFT", "NVDA")

Visit = Callable[..., Dashboard]
Staging = Callable[..., Stage]
Replaying = Callable[..., Server]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if not chromium.wanted():
        pytest.skip("TICKER_BROWSER=none")
    try:
        chromium.executable()
    except FileNotFoundError as error:
        pytest.fail(str(error), pytrace=False)
    expect.set_options(timeout=chromium.PATIENCE_MS)
    with chromium.running() as started:
        yield started


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Opens the dashboard: ``visit(url, **context)``; ``beside=dashboard``: in another window of the same browser.

    Afterwards no page may have logged an error or thrown one.
    """
    # Servers first, so that pages go before them: one whose server is stopped complains.
    for server in {"stage", "staging", "history", "replaying"} & set(request.fixturenames):
        request.getfixturevalue(server)
    opened: list[tuple[Dashboard, chromium.Complaints]] = []

    def open_page(url: str, beside: Dashboard | None = None, **context: Any) -> Dashboard:
        # Reduced motion unless a test wants it: nothing to wait for, and pictures that are the same.
        settings = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce", **context}
        page = (beside.page.context if beside else browser.new_context(**settings)).new_page()
        page.set_default_timeout(chromium.PATIENCE_MS)
        complaints = chromium.Complaints(page)
        dashboard = Dashboard(page, complaints)
        opened.append((dashboard, complaints))
        page.goto(url)
        return dashboard

    yield open_page
    for context in {dashboard.page.context for dashboard, _ in opened}:
        context.close()
    assert [text for _, complaints in opened for text in complaints.unexpected()] == []


@pytest.fixture
def staging() -> Iterator[Staging]:
    """``staging(*symbols)``: a server whose ticks the test makes up, for as long as the test lasts."""
    with ExitStack() as servers:
        yield lambda *symbols: servers.enter_context(Stage(symbols))


@pytest.fixture(scope="package")
def stages() -> Iterator[list[Stage]]:
    """The stage that tests have one after another: starting a server takes longer than most of them."""
    kept: list[Stage] = []
    yield kept
    for each in kept:
        each.__exit__(None, None, None)


@pytest.fixture
def stage(stages: list[Stage]) -> Stage:
    """Three symbols that have a price; a test moves them, or breaks what it likes."""
    if not stages or not stages[-1].is_fresh:
        stages.append(Stage(USUAL))
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
    # What was written is not yet what is served.
    while fetched(f"{started.url}/v1/snapshot?symbols=NVDA")["data"].get("NVDA", {}).get("volume") != 300:
        time.sleep(0.01)
    return started


@pytest.fixture
def replaying() -> Iterator[Replaying]:
    """``replaying(path, *options)``: a server that replays a file."""
    with ExitStack() as servers:
        yield lambda path, *options: servers.enter_context(replay(path, *options))


@pytest.fixture(scope="package")
def a_market() -> Iterator[Server]:
    """A simulated market of 1,000 symbols, for tests that only look."""
    with market(count=1_000) as started:
        yield started
