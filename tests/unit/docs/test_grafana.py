"""docs/grafana.json queries the metrics of a running service, and no others."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.frames import handshake, raw_client, sent
from tests.support.serving import ScriptedFeed, serving

BOARD: dict[str, Any] = json.loads((Path(__file__).parents[3] / "docs" / "grafana.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = BOARD["panels"]
TS = 1_700_000_000_000_000_000
#: What Prometheus adds to each sample.
SCRAPED = {"job", "instance"}


def queries() -> Iterator[tuple[str, str]]:
    """Each expression of a panel, with the panel's title."""
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def metrics(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:ticker|process|python)_\w+", expression))


@pytest.fixture
async def labels() -> dict[str, set[str]]:
    """The labels of every sample that a service gives after an error, a close and a tick."""
    feed = ScriptedFeed()
    async with serving(feed) as service, aiohttp.ClientSession() as session:
        feed.tick([(0, TS, 3.0, 1.0)])
        async with raw_client(service.port) as client:
            client.send(handshake())
            await client.head()
            client.send(sent(1, b"{"), sent(8, b"\x03\xe8"))
            await client.closed()
        async with asyncio.timeout(60), session.ws_connect(service.url + "/v1/stream") as stream:
            await stream.receive_json()
            while not (service.hub.apply_pending().version and service.registry.closes[1000]):
                await asyncio.sleep(0)
            async with session.get(service.url + "/metrics") as response:
                text = await response.text()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


async def test_every_queried_metric_exists(labels: dict[str, set[str]]) -> None:
    """Also the suffixes of counters and histograms."""
    for title, expression in queries():
        names = metrics(expression)
        assert names, title
        assert names <= labels.keys(), title


async def test_every_queried_label_exists(labels: dict[str, set[str]]) -> None:
    """In `by` clauses and in legends."""
    for panel in PANELS:
        for target in panel["targets"]:
            expression = target["expr"]
            by = {name.strip() for each in re.findall(r"\bby \(([^)]*)\)", expression) for name in each.split(",")}
            shown = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            for metric in metrics(expression):
                assert by | shown <= labels[metric] | SCRAPED, panel["title"]
            if by:
                assert shown <= by, panel["title"]


async def test_the_services_own_metrics_are_all_shown(labels: dict[str, set[str]]) -> None:
    shown = {name for _, expression in queries() for name in metrics(expression)}
    assert {name for name in labels if name.startswith("ticker_")} - shown == set()


def test_counters_are_shown_as_rates() -> None:
    """Their value alone says nothing: it grows until the node restarts."""
    for title, expression in queries():
        counters = re.findall(r"\b\w+_(?:total|bucket|sum|count)\b", expression)
        assert len(re.findall(r"\brate\(\w+_(?:total|bucket|sum|count){", expression)) == len(counters), title


def test_it_can_be_imported_anywhere() -> None:
    """Panels have unique ids and don't overlap; the data source is a variable."""
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    places: set[tuple[int, int]] = set()
    for panel in PANELS:
        at = panel["gridPos"]
        taken = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & places, panel["title"]
        assert at["x"] + at["w"] <= 24
        places |= taken
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["description"]
    variables = {each["name"] for each in BOARD["templating"]["list"]}
    assert variables == {"datasource", "job", "instance"}
    used = set(re.findall(r"\$(\w+)", " ".join(expression for _, expression in queries())))
    assert used - {"__rate_interval"} <= variables
    assert "id" not in BOARD
