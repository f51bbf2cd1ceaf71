"""Writes the stores' changes on a thread of its own, all that are pending in one transaction.

There is no queue. Each store merges its pending changes, so a slow disk makes transactions larger instead of more, and
what waits is bounded by what exists.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple, Protocol

from ticker.server.state.database import Database

log = logging.getLogger("ticker.state")

#: How long to wait before retrying after a disk error.
RETRY_S: Final = 1.0
#: How often a lasting error is logged.
LOG_S: Final = 60.0


class Job(NamedTuple):
    """A function to call within the transaction, and one to call afterwards on the event loop."""

    write: Callable[[sqlite3.Connection], None]
    done: Callable[[], None] | None = None


class Store(Protocol):
    """A source of changes. It calls ``wake`` when it has some."""

    wake: Callable[[], None]

    def take(self) -> list[Job]:
        """The pending changes. Called on the writer's thread."""
        ...


class Writer:
    """``start`` and ``close`` are called once each, on the same event loop."""

    def __init__(self, database: Database, stores: Sequence[Store]) -> None:
        self._database = database
        self._stores = stores
        self._woken = threading.Event()
        self._closing = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None
        self._failure = ""
        self._logged_s = float("-inf")
        #: The last request of the closing thread that the event loop has answered.
        self._answered = 0
        for store in stores:
            store.wake = self._woken.set

    def problems(self) -> list[str]:
        if not self._failure:
            return []
        return [f"state: {self._database.path}: {self._failure}; fired alerts wait until it can be written"]

    def start(self) -> None:
        """Start writing, and report to the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        # A daemon: a disk that hangs must not keep the process alive.
        threading.Thread(target=self._run, name="state", daemon=True).start()

    async def close(self, within_s: float) -> None:
        """Write the remaining changes for at most this long, and close the file."""
        self._closing.set()
        self._woken.set()
        if self._ended is None:
            self._database.connection.close()
        elif not (await asyncio.wait([self._ended], timeout=within_s))[0]:
            log.error("%s: the server stopped before everything was written", self._database.path)

    # The thread

    def _run(self) -> None:
        connection = self._database.connection
        requested = 0
        try:
            while True:
                self._woken.wait()
                self._woken.clear()
                closing, answered = self._closing.is_set(), self._answered
                jobs = [job for store in self._stores for job in store.take()]
                if jobs and not self._commit(connection, jobs):
                    return
                if closing and not jobs and requested and answered == requested:
                    self._commit(connection, [Job(_mark_complete)])
                    return
                if closing and (jobs or not requested):
                    # Completed jobs may produce more changes. Once the loop has answered, these are pending. Only the
                    # answer to the latest request counts: an earlier one may arrive before a job is completed.
                    requested += 1
                    self._call_on_loop(partial(self._answer, requested))
        except Exception:
            self._failure = "the writer failed; see the log"
            log.exception("%s: nothing more is written", self._database.path)
        finally:
            connection.close()
            self._call_on_loop(self._end)

    def _commit(self, connection: sqlite3.Connection, jobs: list[Job]) -> bool:
        """Write jobs in one transaction, and retry until that succeeds. False: the server stopped first."""
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                for job in jobs:
                    job.write(connection)
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._report(error)
                if self._closing.is_set():
                    log.error("%s: the server stopped before everything could be written", self._database.path)
                    return False
                self._closing.wait(RETRY_S)
                continue
            if self._failure:
                log.warning("%s: can be written again", self._database.path)
                self._failure, self._logged_s = "", float("-inf")
            for job in jobs:
                if job.done is not None:
                    self._call_on_loop(job.done)
            return True

    def _report(self, error: sqlite3.Error) -> None:
        self._failure = str(error)
        now_s = time.monotonic()
        if now_s - self._logged_s >= LOG_S:
            self._logged_s = now_s
            log.error("%s: can't be written: %s; retrying", self._database.path, error)

    def _call_on_loop(self, call: Callable[[], None]) -> None:
        assert self._loop is not None
        with suppress(RuntimeError):  # the event loop is closed: the process is ending
            self._loop.call_soon_threadsafe(call)

    def _answer(self, request: int) -> None:
        self._answered = request
        self._woken.set()

    def _end(self) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)


def _mark_complete(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE fact SET value = '1' WHERE name = 'whole'")
