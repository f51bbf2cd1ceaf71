"""Where a chat's lines are shown, and those of the user come from: a terminal, or pipes and files."""

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

#: What is read as one line at the most: more than anybody may say.
_LINE_BYTES: Final = 65_536


class Screen(Protocol):
    """``talks``: somebody sits before it, who sees what went wrong and says it again."""

    talks: bool

    async def show(self, lines: Sequence[Line]) -> None:
        """Show these. Raises ``OSError`` if nobody reads any more."""

    def tell(self, words: str) -> None:
        """Show something about the chat that was not said in it."""

    async def read(self) -> str | None:
        """What the user says next; None at the end."""
        ...


def screen(room: str) -> Screen:
    """A terminal, where there is one that can be one."""
    if sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        return Terminal(room)
    return Pipes()


class Terminal:
    """Lines scroll by above the one that is being written."""

    talks = True

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
        # What was written is shown when the server has it, as everybody sees it.
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
            # Signals are the command's.
            return await self._session.prompt_async(self._prompt, handle_sigint=False)
        except EOFError:
            return None
        except KeyboardInterrupt:
            # A key, where the terminal hands on all keys: to the command it is the signal, which ends this too.
            signal.raise_signal(signal.SIGINT)
            await asyncio.Event().wait()
            return None


class Pipes:
    """What is said goes to standard output, all else to stderr; one line of the input is read ahead."""

    talks = False

    def __init__(self) -> None:
        self._output = Output(standard_output())
        self._lines: asyncio.Queue[str | None] = asyncio.Queue(1)
        # A daemon: nobody waits for an input that never comes.
        threading.Thread(target=self._read, args=(asyncio.get_running_loop(),), name="input", daemon=True).start()

    async def show(self, lines: Sequence[Line]) -> None:
        if lines:
            await self._output.write("".join(f"{plain(line)}\n" for line in lines).encode(errors="replace"))

    def tell(self, words: str) -> None:
        click.echo(f"ticker: {printable(words)}", err=True)

    async def read(self) -> str | None:
        return await self._lines.get()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        # Without Python's buffer, whose lock a thread that waits would keep at exit.
        with suppress(OSError, RuntimeError), open(0, "rb", buffering=0, closefd=False) as raw:
            while line := raw.readline(_LINE_BYTES):
                asyncio.run_coroutine_threadsafe(self._lines.put(line.decode(errors="replace")), loop).result()
            asyncio.run_coroutine_threadsafe(self._lines.put(None), loop).result()
