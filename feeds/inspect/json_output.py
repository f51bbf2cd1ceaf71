"""The output of ``ticker inspect --json``: one object. Keys are stable; new ones may be added.

| key | value |
|---|---|
| `error` | why the files can't be replayed (the exit status is 2), or null |
| `kinds` | `trades`, `quotes`, `bars`, `trades and quotes`, …; `""` if nothing can be replayed |
| `first`, `last`, `first_time`, `last_time` | of all files together; null if nothing can be replayed |
| `symbols` | all symbols |
| `ticks` | the first ticks: `{"type":"trade","symbol","ts","time","price","size"}` and `{"type":"quote","symbol","ts","time","bid","bid_size","ask","ask_size"}`; trades of files with conditions or ids have `conditions` and `id`; bars are played as trades |
| `bars` | the first bars: `{"symbol","start","time","open","high","low","close","volume","vwap","trades"}` |
| `files` | one object per file or archive member, as below |

Each file has the fields of ``feeds.files.report.FileReport``, and

| key | value |
|---|---|
| `error`, `head` | why the file can't be replayed; its first lines if its layout is unknown |
| `first_time`, `last_time` | `first` and `last` as text |
| `refused_rows` | the total of `refused` (reason to count) |
| `complaints` | objects with `line`, `column`, `text`, `reason` and `words`, the whole message |
| `notes` | what was assumed, put right or left out: objects with `text` and `option`, the option that changes it or null |
| `conditions` | sets of sale conditions, the most frequent first: objects with `conditions`, `updates` (in words), `trades`, `unknown` |
| `left_out` | trades that are not played because of their correction indicator: reason to count |
| `calendar` | when trading days begin: `name`, `zone`, and `day_start` in seconds from midnight of the day's date; null if unknown |
| `gaps` | objects with `start`, `end`, `start_time`, `end_time` |

Timestamps are integers, nanoseconds since 1970 UTC; keys that end in `time` have them as ISO 8601 in UTC. Unknown
values are null.
"""  # noqa: E501 - a table

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from feeds.inspect.formats import iso
from feeds.inspect.inspection import FileInspection, Inspection


def as_dict(found: Inspection) -> dict[str, Any]:
    return {
        "error": found.error,
        "kinds": found.kinds,
        **_period(found.first, found.last),
        "symbols": found.symbols,
        "ticks": found.preview.ticks,
        "bars": found.preview.bars,
        "files": [_file(file) for file in found.files],
    }


def _file(file: FileInspection) -> dict[str, Any]:
    report = file.report
    return {
        **{column.name: getattr(report, column.name) for column in fields(report)},
        **_period(report.first, report.last),
        "error": file.error,
        "head": file.head,
        "refused_rows": report.refused.total(),
        "refused": dict(report.refused.most_common()),
        "complaints": [asdict(each) | {"words": each.message(report.name)} for each in report.complaints],
        "calendar": None
        if report.calendar is None
        else {
            "name": report.calendar.name,
            "zone": report.calendar.zone,
            "day_start": report.calendar.day_start_ns // 10**9,
        },
        "gaps": [asdict(gap) | {"start_time": iso(gap.start), "end_time": iso(gap.end)} for gap in report.gaps],
    }


def _period(first: int | None, last: int | None) -> dict[str, int | str | None]:
    times = {"first_time": first, "last_time": last}
    return {"first": first, "last": last, **{key: None if ts is None else iso(ts) for key, ts in times.items()}}
