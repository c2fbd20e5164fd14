"""Runs verbs in the caller's thread, for a blocking app, or next to an event loop, for an async app.

Next to a loop, look-ups run in the loop's own thread, because they take microseconds and an executor would cost seven
times as much. Writes wait for the disk and for other processes, so one separate thread runs them. It commits all writes
that are waiting together. They are handed to it once in each turn of the loop: waking a thread, and passing Python's
lock to it and back, costs about as much as a write.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue

from ...errors import StoreError
from ..sql.transaction import Args, Reading, Result, Transaction, Verb
from .connections import TROUBLE, Connections, is_busy, report
from .dialect import Transaction as SQLiteTransaction
from .dialect import bound
from .transactions import BATCH_JOBS, Job, transact

# A future ends the writing thread and is set when it has ended. None only ends it.
_Queue = SimpleQueue[list[Job] | asyncio.Future[None] | None]


class BlockingAccess:
    """Runs verbs in the caller's thread. It never suspends.

    Args:
        connections: the connections of the process.
        idle_seconds: after how much time without use a session ends.
    """

    def __init__(self, connections: Connections, idle_seconds: float) -> None:
        self._connections = connections
        self._idle_seconds = idle_seconds

    async def read(self, work: Callable[[Reading, *Args], Verb[Result]], *args: *Args) -> Result:
        try:
            return _looked_up(self._connections, self._idle_seconds, work, *args)
        except TROUBLE as error:
            report(error)
            raise StoreError() from error

    async def write(self, work: Callable[[Transaction, *Args], Verb[Result]], *args: *Args) -> Result:
        job = Job(bound(work, args))
        transact(self._connections, [job], self._idle_seconds)
        if job.error is not None:
            raise job.error
        result: Result = job.result
        return result

    async def close(self) -> None:
        self._connections.close()


class LoopAccess:
    """Runs verbs next to an event loop, or several.

    Args:
        readers: connections that never wait for other processes, for the loops' own threads.
        writers: connections that wait for other processes, for the thread that writes.
        idle_seconds: after how much time without use a session ends.
    """

    def __init__(self, readers: Connections, writers: Connections, idle_seconds: float) -> None:
        self._readers = readers
        self._writers = writers
        self._idle_seconds = idle_seconds
        self._asked: dict[asyncio.AbstractEventLoop, list[Job]] = {}  # in this turn of each loop
        self._queue: _Queue | None = None
        self._pid = 0

    async def read(self, work: Callable[[Reading, *Args], Verb[Result]], *args: *Args) -> Result:
        try:
            return _looked_up(self._readers, self._idle_seconds, work, *args)
        except TROUBLE as error:
            if not is_busy(error):
                report(error)
                raise StoreError() from error
        # Another process has locked the whole database. The loop cannot wait for that, but the writing thread can.
        return await self.write(work, *args)

    async def write(self, work: Callable[[Transaction, *Args], Verb[Result]], *args: *Args) -> Result:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        jobs = self._asked.get(loop)
        if jobs is None:
            jobs = self._asked[loop] = []
            loop.call_soon(self._hand_over, loop)
        jobs.append(Job(bound(work, args), future))
        return await future

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give the writing thread what was asked for in this turn of the loop."""
        jobs = self._asked.pop(loop, ())
        for start in range(0, len(jobs), BATCH_JOBS):
            with self._writers.registering:
                # The first use, or again after close or a fork.
                if self._queue is None or self._pid != os.getpid():
                    self._queue = self._start()
                self._queue.put([*jobs[start : start + BATCH_JOBS]])

    def _start(self) -> _Queue:
        queue: _Queue = SimpleQueue()
        # The thread refers to the queue and not to this object. So it ends with the object, even if no one closes it.
        weakref.finalize(self, queue.put, None)
        threading.Thread(
            target=_serve, args=(queue, self._writers, self._idle_seconds), name="valetkey-store", daemon=True
        ).start()
        self._pid = os.getpid()
        return queue

    async def close(self) -> None:
        self._hand_over(asyncio.get_running_loop())
        with self._writers.registering:
            queue, self._queue = self._queue, None
        if queue is not None and self._pid == os.getpid():
            ended = asyncio.get_running_loop().create_future()
            queue.put(ended)
            await ended  # after all jobs that were queued before
        self._writers.close()
        self._readers.close()


def _looked_up(
    connections: Connections, idle_seconds: float, work: Callable[[Reading, *Args], Verb[Result]], *args: *Args
) -> Result:
    look_up = bound(work, args)
    return connections.read(lambda connection, now: look_up(SQLiteTransaction(connection, idle_seconds, now)))


def _serve(queue: _Queue, connections: Connections, idle_seconds: float) -> None:
    """The writing thread."""

    def waiting(enough: int) -> list[Job]:
        jobs: list[Job] = []
        while len(jobs) < enough:
            try:
                more = queue.get_nowait()
            except Empty:
                break
            if not isinstance(more, list):
                queue.put(more)
                break
            jobs += more
        return jobs

    while isinstance(jobs := queue.get(), list):
        transact(connections, jobs, idle_seconds, waiting)
        _deliver(jobs)
    connections.leave()
    if jobs is not None:
        with suppress(RuntimeError):
            jobs.get_loop().call_soon_threadsafe(_end, jobs)


def _deliver(jobs: Sequence[Job]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        assert job.future is not None
        by_loop.setdefault(job.future.get_loop(), []).append(job)
    for loop, done in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: no task waits any more
            loop.call_soon_threadsafe(_answer, done)


def _answer(jobs: Sequence[Job]) -> None:
    for job in jobs:
        assert job.future is not None
        if job.future.done():  # cancelled: the work is done all the same
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)


def _end(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)
