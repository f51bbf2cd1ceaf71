"""The board: ticks applied a second, and the cost of ``since`` by changes and by size."""

from __future__ import annotations

from benchmarks.measure import best_s, random_batches, show
from ticker.event_check import check_batch
from ticker.market.board import Board


def apply_rows() -> list[list[str]]:
    rows = []
    for symbols in (500, 5_000):
        for ticks in (1, 10, 100, 1_000, 10_000):
            count = max(20, 20_000 // ticks)
            table, batches = random_batches(symbols, ticks, count)
            board = Board(table)

            def work(board: Board = board, batches: list = batches) -> None:  # type: ignore[type-arg]  # bound early
                for batch in batches:
                    check_batch(batch)
                    board.apply(batch)

            each_s = best_s(work) / count
            rows.append([f"{symbols:,}", f"{ticks:,}", f"{each_s * 1e6:.0f}", f"{ticks / each_s:,.0f}"])
    return rows


def since_rows() -> list[list[str]]:
    rows = []
    for symbols in (500, 5_000, 50_000):
        table, batches = random_batches(symbols, 3 * symbols, 3)
        board = Board(table)
        for batch in batches:
            board.apply(batch)
        for changed in (1, 10, 100):
            _, few = random_batches(symbols, changed, 1, seed=changed)
            before = board.version
            board.apply(few[0])
            watched = board.changed(before)

            def delta(board: Board = board, before: int = before) -> None:
                for _ in range(100):
                    board.since(before, board.changed(before))

            each_s = best_s(delta) / 100
            rows.append([f"{symbols:,}", f"{len(watched):,}", f"{each_s * 1e6:.1f}"])
        everything = board.index(range(symbols))
        each_s = best_s(lambda board=board, everything=everything: board.since(0, everything))  # type: ignore[misc]  # bound early
        rows.append([f"{symbols:,}", "all (a snapshot)", f"{each_s * 1e6:,.1f}"])
    return rows


if __name__ == "__main__":
    show("Board.apply, check_batch included", ["symbols", "ticks a batch", "µs a batch", "ticks/s"], apply_rows())
    show("Board.since", ["symbols on the board", "symbols changed", "µs"], since_rows())
