"""The banner of ``ticker serve``: address, feed, symbols, and how to connect. Coloured on a terminal, else plain."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import ticker
from ticker.cli.failure import printable
from ticker.feed.feed import FeedInfo, ReplayStatus
from ticker.timeparse import place, span_text

#: The default of ``ticker watch --url``.
DEFAULT_URL = "http://127.0.0.1:8000"
_FAMILIAR = ("AAPL", "MSFT")
#: Lines of notes, the one that counts the others included.
_NOTES = 8


@dataclass(frozen=True, slots=True)
class Banner:
    """The address, and ``rows`` of a label and a text."""

    url: str
    rows: tuple[tuple[str, str], ...]

    def plain(self) -> str:
        lines = [f"ticker {ticker.__version__}  {self.url}"]
        lines += [f"  {label:<9} {text}" for label, text in self.rows]
        return "\n".join([*lines, "Ctrl-C stops.", ""])

    def write(self, out: TextIO) -> None:
        """Print and flush it, in colours if ``out`` is a terminal."""
        if out.isatty():
            self._write_in_colours(out)
        else:
            out.write(self.plain())
        out.flush()

    def _write_in_colours(self, out: TextIO) -> None:
        from rich.console import Console
        from rich.text import Text

        text = Text.assemble(("ticker", "bold"), (f" {ticker.__version__}  ", "dim"), (self.url, "bold cyan"), "\n")
        for label, words in self.rows:
            text.append(f"  {label:<9} ", "dim").append(words + "\n")
        text.append("Ctrl-C stops.", "dim")
        # The terminal wraps long lines: a command copied from them has no line breaks.
        Console(file=out, highlight=False).print(text, soft_wrap=True)


def banner(
    url: str,
    feed_name: str,
    info: FeedInfo,
    command: str,
    replay: ReplayStatus | None = None,
    files: Sequence[str] = (),
) -> Banner:
    """The banner for a service at ``url``.

    ``command`` calls this program in the user's shell. ``files`` are those that the feed replays.
    """
    names = [printable(name) for name in list(info.symbols.names)]
    sample = list(_FAMILIAR) if set(_FAMILIAR) <= set(names) else names[:2]
    elsewhere = [] if url == DEFAULT_URL else ["--url", url]
    watch = [*shlex.split(command), "watch", *sample, *elsewhere]
    count = f"{len(names):,}" if info.complete else f"{len(names):,} known so far"
    shown = ", ".join([*names[:6], "…"] if len(names) > 6 else names)
    wanted = ", ".join(f'"{name}"' for name in sample[:1]) or '"*"'
    return Banner(
        url,
        (
            ("feed", f"{feed_name}: {printable(info.title)}" if info.title else feed_name),
            *(() if replay is None else _rows(replay, shlex.join([*shlex.split(command), "replay"]), elsewhere)),
            ("symbols", f"{count}: {shown}" if names else count),
            *_notes(info.notes, f"{command} inspect {_first(files)}" if files else f"{url}/v1/feed"),
            ("browser", url + "/"),
            ("terminal", shlex.join(watch)),
            ("python", f'with ticker.connect_sync("{url}", [{wanted}]) as stream: print(stream.next())'),
        ),
    )


def _notes(notes: Sequence[str], everything: str) -> Iterator[tuple[str, str]]:
    """A row per note; the last one counts those that have no room, and says where they are."""
    shown = notes if len(notes) <= _NOTES else notes[: _NOTES - 1]
    for number, note in enumerate(shown):
        yield ("" if number else "notes"), printable(note)
    if len(shown) < len(notes):
        yield "", f"… and {len(notes) - len(shown):,} more: {printable(everything)}"


def _first(files: Sequence[str]) -> str:
    return shlex.join(files[:1]) + (" …" if len(files) > 1 else "")


def _rows(replay: ReplayStatus, command: str, elsewhere: list[str]) -> tuple[tuple[str, str], ...]:
    """The replay's span and speed, and the command that controls it."""
    speeds = {0.0: "as fast as possible", 1.0: "in real time"}
    speed = speeds.get(replay.speed, f"at {replay.speed:g} times its pace")
    span = f"{span_text(replay.first, replay.last, replay.time_zone)} ({place(replay.time_zone)})"
    where = f" {shlex.join(elsewhere)}" if elsewhere else ""
    return (
        ("replay", f"{span}, {speed}{', in a loop' if replay.loop else ''}"),
        ("control", f"{command} pause{where} (or resume, step, seek 10:30, speed 20, status)"),
    )


def shell_command() -> str:
    """The shell command that calls this program: ``ticker`` if the PATH has it, else a path or ``python -m ticker``."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        beside = Path(sys.executable).with_name("ticker")
        if not beside.exists():
            return f"{shlex.quote(_near(Path(sys.executable)))} -m ticker"
        program = beside
    found = shutil.which("ticker")
    if found is not None and Path(found).resolve() == program.resolve():
        return "ticker"
    return shlex.quote(_near(program))


def _near(path: Path) -> str:
    """The path as absolute or relative to the current folder, whichever is shorter."""
    absolute = path.absolute()
    relative = os.path.relpath(absolute)
    if os.sep not in relative:
        relative = os.path.join(os.curdir, relative)  # noqa: PTH118 - a Path drops the "./" that a shell needs
    return relative if len(relative) < len(str(absolute)) and not relative.startswith("..") else str(absolute)
