"""What was found, for programs. The keys stay; new ones may come.

    error     null, or why the files can't be replayed (then the exit status is 2)
    kinds     "trades", "quotes", "bars", "trades and quotes", …; "" if nothing can be replayed, as in all that follows
    first, last, first_time, last_time        of all files together; null if nothing can be replayed
    symbols   all of them
    ticks     the first ticks that would be published: {"type":"trade","symbol","ts","time","price","size"} and
              {"type":"quote","symbol","ts","time","bid","bid_size","ask","ask_size"}; of bars, as they are walked
    bars      the first of the files' own: {"symbol","start","time","open","high","low","close","volume","vwap",
              "trades"}
    files     one object a file, or a member of an archive:
      name, path, compression, error, head (the first lines of a file that was not understood)
      layout, title, kind, delimiter, header_line, banner_lines, columns (role to column), ignored
      time_zone, stamp_form, price_scale, date, how (where these come from), order, interval_ns
      misplaced_rows, misplaced_by_ns (of a file in mixed order)
      passed (column to the number of rows that are neither trade nor quote by it)
      rows, trades, quotes, bars, first, last, first_time, last_time, symbols
      refused_rows, refused (reason to count), complaints ([{"line","column","text","reason","words"}])
      gaps ([{"start","end","start_time","end_time"}])

Stamps are whole nanoseconds since 1970 UTC; beside them, as text, ISO 8601 in UTC. What isn't known is null.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from feeds.files.report import FileReport
from feeds.inspect.findings import FileFindings, Findings
from feeds.inspect.preview import BarRow, QuoteRow, TradeRow
from feeds.inspect.words import iso


def as_dict(found: Findings) -> dict[str, Any]:
    """The one object that ``--json`` prints."""
    return {
        "error": found.error,
        "kinds": found.kinds,
        **_period(found.first, found.last),
        "symbols": found.symbols,
        "ticks": [_tick(row) for row in found.preview.ticks],
        "bars": [_bar(row) for row in found.preview.bars],
        "files": [_file(file) for file in found.files],
    }


def _file(file: FileFindings) -> dict[str, Any]:
    report = file.report
    return {
        "name": report.name,
        "path": report.path,
        "compression": report.compression,
        "error": file.error,
        "head": list(file.head),
        "layout": report.layout,
        "title": report.title,
        "kind": report.kind,
        "delimiter": report.delimiter,
        "header_line": report.header_line,
        "banner_lines": report.banner_lines,
        "columns": dict(report.columns),
        "ignored": list(report.ignored),
        "time_zone": report.time_zone,
        "stamp_form": report.stamp_form,
        "price_scale": report.price_scale,
        "date": report.date,
        "how": dict(report.how),
        "order": report.order,
        "misplaced_rows": report.misplaced_rows,
        "misplaced_by_ns": report.misplaced_by_ns,
        "passed": dict(report.passed),
        "interval_ns": report.interval_ns,
        "rows": report.rows,
        "trades": report.trades,
        "quotes": report.quotes,
        "bars": report.bars,
        **_period(report.first, report.last),
        "symbols": list(report.symbols),
        **_refusals(report),
        "gaps": [
            {"start": gap.start, "end": gap.end, "start_time": iso(gap.start), "end_time": iso(gap.end)}
            for gap in report.gaps
        ],
    }


def _period(first: int | None, last: int | None) -> dict[str, int | str | None]:
    return {
        "first": first,
        "last": last,
        "first_time": None if first is None else iso(first),
        "last_time": None if last is None else iso(last),
    }


def _refusals(report: FileReport) -> dict[str, Any]:
    return {
        "refused_rows": report.refused.total(),
        "refused": dict(report.refused.most_common()),
        "complaints": [
            {
                "line": complaint.line,
                "column": complaint.column,
                "text": complaint.text,
                "reason": complaint.reason,
                "words": complaint.words(report.name),
            }
            for complaint in report.complaints
        ],
    }


def _tick(row: TradeRow | QuoteRow) -> dict[str, Any]:
    values = asdict(row)
    head = {"symbol": values.pop("symbol"), "ts": values.pop("ts"), "time": iso(row.ts)}
    return {"type": "trade" if isinstance(row, TradeRow) else "quote", **head, **values}


def _bar(row: BarRow) -> dict[str, Any]:
    values = asdict(row)
    head = {"symbol": values.pop("symbol"), "start": values.pop("start"), "time": iso(row.start)}
    return {**head, **values}
