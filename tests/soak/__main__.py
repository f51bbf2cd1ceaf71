"""The soak's command. Ends with status 1 if anything was wrong, and then says the seed with which to see it again."""

from __future__ import annotations

import asyncio
import logging
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.soak.account import of_clients, table
from tests.soak.failure import WrongError
from tests.soak.run import MAY_GROW_BYTES, Soak

#: Between two lines, where they aren't written over each other.
LINE_S = 10.0


@click.command()
@click.option("--minutes", default=10.0, show_default=True, type=click.FloatRange(0.05), help="How long it goes on.")
@click.option("--seed", type=click.IntRange(0), help="What happens, and to whom.  [default: another each time]")
@click.option("--clients", default=42, show_default=True, type=click.IntRange(1, 500), help="How many there are.")
@click.option("--checkpoint", default=20.0, show_default=True, type=click.FloatRange(1), help="Seconds between two.")
def main(minutes: float, seed: int | None, clients: int, checkpoint: float) -> None:
    """Keep a server under clients and faults of every kind; at each checkpoint every client must have what it has."""
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    print(f"seed {seed}: {minutes:g} minutes, {clients} clients, a checkpoint every {checkpoint:g} s", flush=True)
    logging.getLogger("ticker").setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="ticker-soak-"))
    line = _Line()
    soak = Soak(folder, seed=seed, minutes=minutes, clients=clients, checkpoint_s=checkpoint, say=line.show)
    try:
        asyncio.run(soak.run())
    except WrongError as wrong:
        line.end()
        print(report(soak))
        print(f"\nWRONG at checkpoint {soak.checkpoint} of seed {seed}: {wrong}\nThe server's log: {soak.market.log}")
        sys.exit(1)
    except BaseException:
        shutil.rmtree(folder)
        raise
    line.end()
    shutil.rmtree(folder)
    print(report(soak))
    print(f"\nAll {soak.checkpoint} checkpoints of seed {seed} were right.")


class _Line:
    """In place on a terminal; otherwise line after line, and fewer of them."""

    def __init__(self) -> None:
        self._in_place = sys.stdout.isatty()
        self._shown_s = 0.0

    def show(self, text: str) -> None:
        if not self._in_place and time.monotonic() - self._shown_s < LINE_S:
            return
        self._shown_s = time.monotonic()
        print(f"\r\x1b[K{text}" if self._in_place else text, end="" if self._in_place else "\n", flush=True)

    def end(self) -> None:
        if self._in_place:
            print()


def report(soak: Soak) -> str:
    """The account."""
    parts = [
        table(of_clients(soak.everybody)),
        table([[name, f"{count:,}"] for name, count in sorted(soak.account.sums.items())]),
        table([[name, f"{count:,}"] for name, count in sorted(soak.happenings.items())]),
    ]
    changes = soak.account.changes
    parts.append(
        "At the last checkpoint "
        + " = ".join((f"{changes['offered']:,} changes offered", f"{changes['sent']:,} sent"))
        + f" + {changes['conflated']:,} conflated; {soak.account.balanced:,} such accounts were balanced."
    )
    if soak.grown is not None:
        parts.append(
            f"The server's memory grew by {soak.grown / 2**20:+.2f} MiB in {soak.measured_s:.0f} s"
            f" (at most {MAY_GROW_BYTES / 2**20:.0f}), to {soak.memory[-1][1] / 2**20:.1f} MiB."
        )
    return "\n\n".join(["", *parts])


if __name__ == "__main__":
    main()
