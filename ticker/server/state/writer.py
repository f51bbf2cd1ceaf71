"""Writes what is to be kept, on a thread of its own: all that there is at a time, as one transaction.

Nothing is queued here. A store lays together what is to be written, and is asked for it when there is time; so a slow
disk makes transactions larger and not more, and what waits is bounded by what there is.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

from ticker.server.state.database import Database

log = logging.getLogger("ticker.state")

#: So soon a disk that failed is tried again.
AGAIN_S: Final = 1.0
#: A failure that lasts is logged so often.
TOLD_S: Final = 60.0


class Job(NamedTuple):
    """What is to be done within the transaction, and what afterwards on the event loop."""

    write: Callable[[sqlite3.Connection], None]
    done: Callable[[], None] | None = None


class Store(Protocol):
    """What is to be written. ``wake`` is to be called when there is something."""

    wake: Callable[[], None]

    def take(self) -> list[Job]:
        """What is there to be written now. Called on the writer's thread."""
        ...


class Writer:
    """``start`` and ``close`` are called once each, on the same event loop."""

    def __init__(self, database: Database, stores: Sequence[Store]) -> None:
        self._database = database
        self._stores = stores
        self._wanted = threading.Event()
        self._ending = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None
        self._failure = ""
        self._told_s = float("-inf")
        for store in stores:
            store.wake = self._wanted.set

    def problems(self) -> list[str]:
        failure = self._failure
        return (
            [f"state: {self._database.path}: {failure}; alerts that fire wait until it can be written"]
            if failure
            else []
        )

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        # A daemon: a disk that hangs must not keep the process.
        threading.Thread(target=self._run, name="state", daemon=True).start()

    async def close(self, within_s: float) -> None:
        """Write the rest, as far as that goes in time."""
        self._ending.set()
        self._wanted.set()
        if self._ended is None:
            self._database.connection.close()
        elif not (await asyncio.wait([self._ended], timeout=within_s))[0]:
            log.error("%s: not everything was written before the server stopped", self._database.path)

    # The thread

    def _run(self) -> None:
        connection = self._database.connection
        asked = False
        try:
            while True:
                self._wanted.wait()
                self._wanted.clear()
                ending = self._ending.is_set()
                jobs = [job for store in self._stores for job in store.take()]
                if jobs and not self._kept(connection, jobs):
                    return
                if ending and not jobs and asked:
                    self._kept(connection, [Job(_whole)])
                    return
                if ending:
                    # What the loop, told that this is done, wants written then is there when this is called.
                    asked = True
                    self._tell(self._wanted.set)
        except Exception:
            self._failure = "its thread failed; see the log"
            log.exception("%s: nothing more is written", self._database.path)
        finally:
            connection.close()
            self._tell(self._end)

    def _kept(self, connection: sqlite3.Connection, jobs: list[Job]) -> bool:
        """Write these, all or none of them, as often as it takes. False: it can't be done before the end."""
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                for job in jobs:
                    job.write(connection)
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._failed(error)
                if self._ending.is_set():
                    log.error("%s: not everything could be written before the server stopped", self._database.path)
                    return False
                self._ending.wait(AGAIN_S)
                continue
            if self._failure:
                log.warning("%s: can be written again", self._database.path)
                self._failure, self._told_s = "", float("-inf")
            for job in jobs:
                if job.done is not None:
                    self._tell(job.done)
            return True

    def _failed(self, error: sqlite3.Error) -> None:
        self._failure = str(error)
        now_s = time.monotonic()
        if now_s - self._told_s >= TOLD_S:
            self._told_s = now_s
            log.error("%s: can't be written: %s; trying again", self._database.path, error)

    def _tell(self, call: Callable[[], None]) -> None:
        assert self._loop is not None
        with suppress(RuntimeError):  # the loop was closed: the process ends
            self._loop.call_soon_threadsafe(call)

    def _end(self) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)


def _whole(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE fact SET value = '1' WHERE name = 'whole'")
