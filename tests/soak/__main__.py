"""The command of the soak test. On a failure it prints the seed that reproduces it and exits with status 1."""

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

from tests.soak.failure import SoakError
from tests.soak.run import MAY_GROW_BYTES, Soak
from tests.soak.totals import attacker_rows, client_rows, table

#: Time between progress lines when the output is no terminal.
LINE_S = 10.0


@click.command()
@click.option("--minutes", default=10.0, show_default=True, type=click.FloatRange(0.05), help="Duration.")
@click.option("--seed", type=click.IntRange(0), help="Seed of the plan.  [default: random]")
@click.option("--clients", default=42, show_default=True, type=click.IntRange(1, 500), help="Number of clients.")
@click.option(
    "--checkpoint", default=20.0, show_default=True, type=click.FloatRange(1), help="Seconds between checkpoints."
)
def main(minutes: float, seed: int | None, clients: int, checkpoint: float) -> None:
    """Run clients and faults against a server. At each checkpoint every client's view must equal the server's state."""
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    print(f"seed {seed}: {minutes:g} minutes, {clients} clients, a checkpoint every {checkpoint:g} s", flush=True)
    logging.getLogger("ticker").setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="ticker-soak-"))
    line = _ProgressLine()
    soak = Soak(folder, seed=seed, minutes=minutes, clients=clients, checkpoint_s=checkpoint, say=line.show)
    try:
        asyncio.run(soak.run())
    except SoakError as error:
        line.end()
        print(report(soak))
        print(f"\nFAILED at checkpoint {soak.checkpoint} of seed {seed}: {error}\nThe server's log: {soak.server.log}")
        sys.exit(1)
    except BaseException:
        shutil.rmtree(folder)
        raise
    line.end()
    shutil.rmtree(folder)
    print(report(soak))
    print(f"\nAll {soak.checkpoint} checkpoints of seed {seed} passed.")


class _ProgressLine:
    """Rewrites one line on a terminal; elsewhere prints a line every ``LINE_S``."""

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
    """The tables that the command prints at its end."""
    parts = [
        table(client_rows(soak.all_clients)),
        table(attacker_rows(soak.attackers)),
        table([[name, f"{count:,}"] for name, count in sorted(soak.totals.sums.items())]),
        table([[name, f"{count:,}"] for name, count in sorted(soak.counts.items())]),
    ]
    changes = soak.totals.changes
    parts.append(
        "At the last checkpoint "
        + " = ".join((f"{changes['offered']:,} changes offered", f"{changes['sent']:,} sent"))
        + f" + {changes['conflated']:,} conflated; {soak.totals.balanced:,} such sums were checked."
    )
    if soak.grown is not None:
        parts.append(
            f"The server's memory grew by {soak.grown / 2**20:+.2f} MiB in {soak.measured_s:.0f} s"
            f" (maximum {MAY_GROW_BYTES / 2**20:.0f}), to {soak.memory[-1][1] / 2**20:.1f} MiB."
        )
    return "\n\n".join(["", *parts])


if __name__ == "__main__":
    main()
