"""Files of ticks for tests of the replay, and the board at any time, computed from their text."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

#: 2024-01-03 14:30:00 UTC.
OPEN_S = 1_704_292_200
SECOND_NS = 1_000_000_000
SYMBOLS = ("AAPL", "MSFT", "NVDA")
HEADER = ("timestamp", "symbol", "price", "size", "bid", "bid_size", "ask", "ask_size")


def write_days(path: Path, ticks: int = 2000, days: int = 3, seed: int = 1, trades_only: bool = False) -> Path:
    """``ticks`` ticks in time order, within an hour of each day; some share a timestamp."""
    rng = random.Random(seed)
    moments = sorted(rng.randrange(days) * 86_400_000 + rng.randrange(3_600_000) for _ in range(ticks))
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADER[:4] if trades_only else HEADER)
        for moment in moments:
            stamp = f"{OPEN_S + moment // 1000}.{moment % 1000:03}"
            symbol, price = rng.choice(SYMBOLS), rng.randrange(1000, 2000) / 10
            if trades_only:
                out.writerow((stamp, symbol, price, rng.randrange(1, 500)))
            elif rng.random() < 0.5:
                out.writerow((stamp, symbol, price, rng.randrange(1, 500), "", "", "", ""))
            else:
                sides = (price, rng.randrange(1, 90), round(price + 0.1, 1), rng.randrange(1, 90))
                out.writerow((stamp, symbol, "", "", *sides))
    return path


def stamp_ns(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * SECOND_NS + int(part.ljust(9, "0"))


def board_at(path: Path, moment: int) -> dict[str, dict[str, Any]]:
    """Every symbol's fields at a time (ns), computed tick by tick; a day of UTC starts with its first tick."""
    board: dict[str, dict[str, Any]] = {}
    day = None
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            ts = stamp_ns(row["timestamp"])
            if ts > moment:
                break
            if day is not None and ts // (86_400 * SECOND_NS) != day:
                _roll_over(board)
            day = ts // (86_400 * SECOND_NS)
            fields = board.setdefault(row["symbol"], {})
            fields["ts"] = ts
            if row["price"]:
                _trade(fields, float(row["price"]), float(row["size"]))
            if row.get("bid"):
                fields |= {name: float(row[name]) for name in ("bid", "bid_size", "ask", "ask_size")}
    return board


def _trade(fields: dict[str, Any], price: float, size: float) -> None:
    fields |= {"last": price, "last_size": size}
    fields.setdefault("open", price)
    fields["high"] = max(price, fields.get("high", price))
    fields["low"] = min(price, fields.get("low", price))
    fields["volume"] = fields.get("volume", 0) + size
    fields["trades"] = fields.get("trades", 0) + 1
    fields["value"] = fields.get("value", 0.0) + price * size


def _roll_over(board: dict[str, dict[str, Any]]) -> None:
    for fields in board.values():
        if "last" in fields:
            fields["prev_close"] = fields["last"]
        for name in ("open", "high", "low", "volume", "trades", "value"):
            fields.pop(name, None)


def same(computed: dict[str, Any], shown: dict[str, Any]) -> bool:
    """Whether a client's values equal the computed ones, apart from derived fields."""
    derived = {"change", "change_pct", "vwap"}
    plain = {name: value for name, value in computed.items() if name != "value"}
    given = {name: value for name, value in shown.items() if name not in derived and value is not None}
    if plain != given:
        return False
    if "value" not in computed:
        return shown.get("vwap") is None
    return bool(abs(shown["vwap"] - computed["value"] / computed["volume"]) < 1e-4)
