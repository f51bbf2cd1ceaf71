"""One run of ``ticker chat``: joins the room, shows messages, sends the user's lines, and leaves."""

from __future__ import annotations

import asyncio
import getpass
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from ticker.cli.chat.lines import Lines
from ticker.cli.chat.screens import Screen, screen
from ticker.cli.events import event_line
from ticker.cli.failure import Failure
from ticker.cli.server import Server
from ticker.cli.streaming import streaming
from ticker.cli.watch.stream import next_batch
from ticker.client.stream import Stream
from ticker.errors import ProtocolError, StreamError
from ticker.wire.messages import Present, Said

#: Lines shown per batch.
_BATCH: Final = 200
#: Maximum time to show the remaining messages after the input has ended.
_REST_S: Final = 10.0
_QUIT: Final = "/quit"
#: Characters of a rejected message that are shown.
_KNOWN_CHARS: Final = 60


async def chat(server: Server, room: str, name: str | None) -> int:
    """Chat until the user leaves or the input ends. Returns the exit status: 1 if a message was rejected.

    ``name`` None means the user's name on this machine.
    """
    try:
        async with streaming(server, log=False) as stream:
            return await _Chat(stream, room).run(name or _own_name())
    except ProtocolError as error:
        raise Failure(error.message) from error


class _Chat:
    def __init__(self, stream: Stream, room: str) -> None:
        self._stream = stream
        self._room = room
        self._lines = Lines(datetime.now().astimezone().date())
        self._events = stream.events()
        #: The number of the last message shown, and of the last one known.
        self._shown = self._last = 0
        self._moved = asyncio.Event()

    async def run(self, name: str) -> int:
        joined = await self._stream.join(self._room, name)
        self._room, self._last = joined.room, joined.seq
        shown = screen(self._room)
        with _log_shown(shown.tell):
            if shown.interactive:
                await shown.show([self._lines.joined(joined.room, joined.name, joined.names)])
            hearing = asyncio.create_task(self._hear(shown))
            speaking = asyncio.create_task(self._speak(shown))
            rest = asyncio.create_task(self._rest(speaking))
            try:
                await asyncio.wait({hearing, speaking}, return_when=asyncio.FIRST_COMPLETED)
                if hearing.done():
                    await hearing
                    return 0
                await asyncio.wait({hearing, rest}, timeout=_REST_S, return_when=asyncio.FIRST_COMPLETED)
                return await speaking
            finally:
                for task in (hearing, speaking, rest):
                    task.cancel()
                await asyncio.gather(hearing, speaking, rest, return_exceptions=True)

    async def _rest(self, speaking: asyncio.Task[int]) -> None:
        """Return when everything said before the input ended has been shown."""
        await asyncio.wait({speaking})
        while self._shown < self._last:
            self._moved.clear()
            await self._moved.wait()

    async def _hear(self, shown: Screen) -> None:
        while batch := await next_batch(self._events, _BATCH):
            here = [event for event in batch if not isinstance(event, Said | Present) or event.room == self._room]
            if not shown.interactive:
                for event in here:
                    if (words := event_line(event)) is not None:
                        shown.tell(words)
                here = [event for event in here if isinstance(event, Said)]
            await shown.show([line for event in here for line in self._lines.of(event)])
            self._shown = max([self._shown, *(event.seq for event in here if isinstance(event, Said))])
            self._moved.set()

    async def _speak(self, shown: Screen) -> int:
        status = 0
        while (line := await shown.read()) is not None:
            text = line.strip()
            if shown.interactive and text == _QUIT:
                break
            if text:
                status |= not await self._say(text, shown)
        return status

    async def _say(self, text: str, shown: Screen) -> bool:
        while True:
            try:
                self._last = (await self._stream.say(self._room, text)).seq
            except ProtocolError as error:
                welcome = self._stream.welcome
                if error.code == "too-fast" and not shown.interactive and welcome is not None:
                    # A pipe: wait instead of losing the line.
                    await asyncio.sleep(60 / welcome.limits.says_per_minute)
                    continue
                shown.tell(_not_said(text, error.message))
                return False
            except StreamError as error:
                if self._stream.error is not None:
                    raise
                shown.tell(_not_said(text, str(error)))
                return False
            return True


@contextmanager
def _log_shown(tell: Callable[[str], None]) -> Iterator[None]:
    """Show the client's log of its connection on the screen."""
    log, handler = logging.getLogger("ticker.client"), _ScreenLog(tell)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


class _ScreenLog(logging.Handler):
    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(record.getMessage())


def _not_said(text: str, why: str) -> str:
    """The reason, and the beginning of the rejected message."""
    return f"not sent: {text if len(text) <= _KNOWN_CHARS else text[: _KNOWN_CHARS - 1] + '…'}: {why}"


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "user"
