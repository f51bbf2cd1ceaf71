"""What leaves the page: a CSV of what is shown, and alerts."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from tests.browser.conftest import Staging, Visit
from tests.browser.serving import Stage, snapshot


def test_the_csv_has_what_is_shown(visit: Visit, stage: Stage) -> None:
    """A row a symbol, in the order of the table, with the server's own numbers."""
    dashboard = visit(stage.url + "/#NVDA,AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.shows("NVDA", "last", 902)
    with dashboard.page.expect_download() as waiting:
        dashboard.button("Download CSV").click()
    assert waiting.value.suggested_filename.endswith(".csv")
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["symbol"] for row in rows] == ["NVDA", "AAPL"]
    held = snapshot(stage.url)
    for row in rows:
        for field in ("last", "bid", "ask"):
            assert float(row[field]) == held[row["symbol"]][field]


def test_a_name_is_no_formula_in_a_spreadsheet(visit: Visit, staging: Staging) -> None:
    """A symbol that begins like a formula is made text; one with a quote or a comma stays in its cell."""
    names = ("=1+2", 'Q"U', "A,B")
    stage = staging(*names)
    stage.play(*(("trade", name, 5, 1) for name in names))
    dashboard = visit(stage.url)
    for name in names:
        dashboard.shows(name, "last", 5)
    with dashboard.page.expect_download() as waiting:
        dashboard.button("Download CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8-sig"))))
    assert [row["symbol"] for row in rows] == ["'=1+2", 'Q"U', "A,B"]
    assert all(float(row["last"]) == 5 for row in rows)
