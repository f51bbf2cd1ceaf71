"""The CSV download."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from tests.browser.conftest import Staging, Visit
from tests.browser.serving import Stage, snapshot


def test_the_csv_has_the_rows_of_the_list(visit: Visit, stage: Stage) -> None:
    """In the table's order, with unrounded values."""
    dashboard = visit(stage.url + "/#NVDA,AAPL")
    dashboard.shows("AAPL", "last", 187.4)
    dashboard.shows("NVDA", "last", 902)
    with dashboard.page.expect_download() as waiting:
        dashboard.button("Download CSV").click()
    assert waiting.value.suggested_filename.endswith(".csv")
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["symbol"] for row in rows] == ["NVDA", "AAPL"]
    latest = snapshot(stage.url)
    for row in rows:
        for field in ("last", "bid", "ask"):
            assert float(row[field]) == latest[row["symbol"]][field]


def test_a_symbol_is_never_a_formula_in_a_spreadsheet(visit: Visit, staging: Staging) -> None:
    """A symbol that begins like a formula becomes text; one with a quote or a comma stays in its cell."""
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
