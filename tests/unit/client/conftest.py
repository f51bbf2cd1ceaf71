"""Fixtures of the client's tests."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.scripted_server import ScriptedServer, scripted_server


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as scripted:
        yield scripted


@pytest.fixture(scope="package")
def frozen() -> Iterator[None]:
    """Exclude all objects that exist now from collections, which then take 2 ms instead of 100."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def nothing_left_open(frozen: None) -> Iterator[None]:
    """An unclosed resource warns when it is collected, and warnings are errors."""
    yield
    gc.collect()
