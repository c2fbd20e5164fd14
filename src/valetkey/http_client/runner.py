"""Runs the core, which is written once as ``async def``, in an event loop or in the calling thread.

How this works:

- ``LoopRunner`` is for ASGI apps. The event loop awaits the core. Work that must not stop halfway is shielded: it runs
  in a task of its own, so that a browser that disconnects cancels the answer and not the work.
- ``ThreadRunner`` is for WSGI apps and scripts. ``run`` steps the coroutine once. All parts below it (transport, store)
  block instead of suspending, so that one step reaches the end. The core never knows the difference.

Why not asgiref, anyio or a background loop:

- They run the coroutine in an event loop in another thread. Such a thread does not survive a fork (``gunicorn
  --preload`` hangs), keeps the interpreter from exiting, and runs the app's hooks on another database connection, which
  breaks Django's ORM under gevent.
- Two copies of the core, one with ``await`` and one without, drift apart.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

Result = TypeVar("Result")

log = logging.getLogger("valetkey")


class Runner(Protocol):
    """What the core needs from its runner."""

    @property
    def max_wait_seconds(self) -> float:
        """How long a request may wait for the result of another request."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    async def shield(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run to the end, even if the caller is cancelled."""
        ...

    async def call(self, function: Callable[..., object], *arguments: object) -> object:
        """Call a function of the app in the context of the request.

        Args:
            function: it may block. In an event loop it may also be ``async def``.

        Returns:
            What the function returns.
        """
        ...

    def lock(self) -> Lock:
        """Return a new lock."""
        ...


class Lock(Protocol):
    """A lock that is safe in this kind of app: after a fork, in several event loops, under gevent."""

    def held(self) -> AbstractAsyncContextManager[None]:
        """Hold the lock inside ``async with``."""
        ...


class LoopRunner:
    """Runs in an event loop, where a waiting request costs almost nothing and a caller can disconnect."""

    max_wait_seconds = 8.0

    def __init__(self) -> None:
        # The loop keeps weak references to tasks only.
        self._shielded: set[asyncio.Task[Any]] = set()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def shield(self, work: Coroutine[Any, Any, Result]) -> Result:
        task = asyncio.get_running_loop().create_task(work)
        self._shielded.add(task)
        task.add_done_callback(self._shielded.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # The caller has gone. The result is in the store, and an exception would go unnoticed.
            task.add_done_callback(_log_failure)
            raise

    async def call(self, function: Callable[..., object], *arguments: object) -> object:
        if inspect.iscoroutinefunction(function):
            return await function(*arguments)
        # It may block, for example on a database. The thread gets a copy of the context.
        answer = await asyncio.to_thread(function, *arguments)
        return await answer if inspect.isawaitable(answer) else answer

    async def drain(self, seconds: float) -> None:
        """Wait for the shielded work when the app shuts down, for at most ``seconds``."""
        if self._shielded:
            await asyncio.wait(set(self._shielded), timeout=seconds)

    def lock(self) -> Lock:
        return _LoopLock()


def _log_failure(task: asyncio.Task[Any]) -> None:
    failure = None if task.cancelled() else task.exception()
    if failure is not None:
        log.warning("a login failed after its browser had disconnected: %s", type(failure).__name__)


class ThreadRunner:
    """Runs in the calling thread. That thread can do nothing else while it waits, so it waits for a second at most."""

    max_wait_seconds = 1.0

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Step a coroutine to its end.

        Args:
            work: a coroutine that never suspends, because all that it awaits blocks.

        Returns:
            What the coroutine returns.

        Raises:
            RuntimeError: the coroutine suspended, because a part of it belongs to an event loop.
        """
        try:
            work.send(None)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        work.close()
        raise RuntimeError("a part of the core suspended in a blocking runner")

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251  # nothing else runs in this thread

    async def shield(self, work: Coroutine[Any, Any, Result]) -> Result:
        return await work

    async def call(self, function: Callable[..., object], *arguments: object) -> object:
        return function(*arguments)

    def lock(self) -> Lock:
        return _ThreadLock()


class _LoopLock:
    def __init__(self) -> None:
        # An asyncio.Lock belongs to one loop. A process may run several loops, one after the other, as tests do.
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        async with self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            yield


class _ThreadLock:
    def __init__(self) -> None:
        # Each process makes its own lock at the first use. gevent may patch threading after the app was loaded and
        # the server has forked; a lock from before that blocks the whole process instead of one greenlet.
        self._locks: dict[int, threading.Lock] = {}

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        with self._locks.setdefault(os.getpid(), threading.Lock()):
            yield
