"""Runs verbs in the caller's thread, for a blocking app, or next to an event loop, for an async app.

Next to a loop, look-ups run in the loop's own thread, because they take microseconds and an executor would cost seven
times as much. Writes wait for the disk and for other processes, so one separate thread runs them. It commits all writes
that are waiting together.
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
from .dialect import bound
from .transactions import Job, transact

# A future ends the writing thread and is set when it has ended. None only ends it.
_Queue = SimpleQueue[Job | asyncio.Future[None] | None]


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
            return self._connections.read(bound(work, args, self._idle_seconds))
        except TROUBLE as error:
            report(error)
            raise StoreError() from error

    async def write(self, work: Callable[[Transaction, *Args], Verb[Result]], *args: *Args) -> Result:
        job = Job(bound(work, args, self._idle_seconds))
        transact(self._connections, [job])
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
        self._queue: _Queue | None = None
        self._pid = 0

    async def read(self, work: Callable[[Reading, *Args], Verb[Result]], *args: *Args) -> Result:
        try:
            return self._readers.read(bound(work, args, self._idle_seconds))
        except TROUBLE as error:
            if not is_busy(error):
                report(error)
                raise StoreError() from error
        # Another process has locked the whole database. The loop cannot wait for that, but the writing thread can.
        return await self.write(work, *args)

    async def write(self, work: Callable[[Transaction, *Args], Verb[Result]], *args: *Args) -> Result:
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        job = Job(bound(work, args, self._idle_seconds), future)
        with self._writers.registering:
            # The first use, or again after close or a fork.
            if self._queue is None or self._pid != os.getpid():
                self._queue = self._start()
            self._queue.put(job)
        return await future

    def _start(self) -> _Queue:
        queue: _Queue = SimpleQueue()
        # The thread refers to the queue and not to this object. So it ends with the object, even if no one closes it.
        weakref.finalize(self, queue.put, None)
        threading.Thread(target=_serve, args=(queue, self._writers), name="valetkey-store", daemon=True).start()
        self._pid = os.getpid()
        return queue

    async def close(self) -> None:
        with self._writers.registering:
            queue, self._queue = self._queue, None
        if queue is not None and self._pid == os.getpid():
            ended = asyncio.get_running_loop().create_future()
            queue.put(ended)
            await ended  # after all jobs that were queued before
        self._writers.close()
        self._readers.close()


def _serve(queue: _Queue, connections: Connections) -> None:
    """The writing thread."""

    def waiting(most: int) -> list[Job]:
        jobs: list[Job] = []
        while len(jobs) < most:
            try:
                job = queue.get_nowait()
            except Empty:
                break
            if not isinstance(job, Job):
                queue.put(job)
                break
            jobs.append(job)
        return jobs

    while isinstance(first := queue.get(), Job):
        jobs = [first]
        transact(connections, jobs, waiting)
        _deliver(jobs)
    connections.leave()
    if first is not None:
        with suppress(RuntimeError):
            first.get_loop().call_soon_threadsafe(_end, first)


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
