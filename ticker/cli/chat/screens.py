"""Input and output of a chat: a terminal, or pipes and files."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Protocol

import click

from ticker.cli.chat.lines import Line, plain
from ticker.cli.failure import printable
from ticker.cli.watch.output import Output, standard_output

#: Maximum bytes of an input line: more than a message may have.
_LINE_BYTES: Final = 65_536


class Screen(Protocol):
    """``interactive``: a person sees errors and can send a message again. Implemented by a terminal and by pipes."""

    interactive: bool

    async def show(self, lines: Sequence[Line]) -> None:
        """Show lines. Raises ``OSError`` if the reader is gone."""

    def tell(self, words: str) -> None:
        """Show a text about the chat itself."""

    async def read(self) -> str | None:
        """The user's next line; None at the end."""
        ...


def screen(room: str) -> Screen:
    """The terminal, if there is one, otherwise the pipes."""
    if sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        return Terminal(room)
    return Pipes()


class Terminal:
    """Messages scroll above the line being edited."""

    interactive = True

    def __init__(self, room: str) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.styles import Style

        colours = ("ansicyan", "ansigreen", "ansiyellow", "ansimagenta", "ansiblue", "ansired")
        self._style = Style.from_dict(
            {
                "time": "ansibrightblack",
                "aside": "ansibrightblack",
                "notice": "bold ansiyellow",
                "price": "bold",
                **{f"name{place}": colour for place, colour in enumerate(colours)},
            }
        )
        # A message is shown when the server sends it back, as all members see it.
        self._session: PromptSession[str] = PromptSession(erase_when_done=True)
        self._prompt = f"{printable(room)}> "

    async def show(self, lines: Sequence[Line]) -> None:
        self._print(lines)

    def tell(self, words: str) -> None:
        self._print([[("class:aside", f"* {printable(words)}")]])

    def _print(self, lines: Sequence[Line]) -> None:
        from prompt_toolkit import print_formatted_text
        from prompt_toolkit.formatted_text import FormattedText

        pieces = [piece for line in lines for piece in (*line, ("", "\n"))]
        if pieces:
            print_formatted_text(FormattedText(pieces), style=self._style, end="")

    async def read(self) -> str | None:
        try:
            # The command handles signals.
            return await self._session.prompt_async(self._prompt, handle_sigint=False)
        except EOFError:
            return None
        except KeyboardInterrupt:
            # The terminal delivers Ctrl-C as a key; the command expects the signal, which ends this as well.
            signal.raise_signal(signal.SIGINT)
            await asyncio.Event().wait()
            return None


class Pipes:
    """Messages go to standard output, everything else to stderr. One line of input is read ahead."""

    interactive = False

    def __init__(self) -> None:
        self._output = Output(standard_output())
        self._lines: asyncio.Queue[str | None] = asyncio.Queue(1)
        # A daemon: an input that never comes must not keep the process alive.
        threading.Thread(target=self._read, args=(asyncio.get_running_loop(),), name="input", daemon=True).start()

    async def show(self, lines: Sequence[Line]) -> None:
        if lines:
            await self._output.write("".join(f"{plain(line)}\n" for line in lines).encode(errors="replace"))

    def tell(self, words: str) -> None:
        click.echo(f"ticker: {printable(words)}", err=True)

    async def read(self) -> str | None:
        return await self._lines.get()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        # Unbuffered: a waiting thread would hold the lock of Python's buffer at exit.
        with suppress(OSError, RuntimeError), open(0, "rb", buffering=0, closefd=False) as raw:
            while line := raw.readline(_LINE_BYTES):
                asyncio.run_coroutine_threadsafe(self._lines.put(line.decode(errors="replace")), loop).result()
            asyncio.run_coroutine_threadsafe(self._lines.put(None), loop).result()
