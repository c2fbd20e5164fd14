"""Drives the core, which is written once as ``async def``: in an event loop, or in the caller's own thread.

The blocking runner steps a coroutine over parts that never suspend. There is no second copy of anything, no portal and
no background loop: nothing that has to survive a fork, and a synchronous app's hooks run in its own thread, on its own
database connection.
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
    """What the core may ask of whoever runs it."""

    @property
    def patience_seconds(self) -> float:
        """How long a request may wait for another's outcome."""
        ...

    async def pause(self, seconds: float) -> None: ...

    async def shield(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run to the end, even if the caller goes away."""
        ...

    async def ask(self, question: Callable[..., object], *arguments: object) -> object:
        """Call a function of the app's, in the request's own context; it may be ``async def`` where there is a loop."""
        ...

    def gate(self) -> Gate: ...


class Gate(Protocol):
    """Lets one in at a time."""

    def entered(self) -> AbstractAsyncContextManager[None]: ...


class LoopRunner:
    """In an event loop: a wait costs nobody anything, and a caller can vanish."""

    patience_seconds = 8.0

    def __init__(self) -> None:
        # The loop itself keeps only weak references to tasks.
        self._shielded: set[asyncio.Task[Any]] = set()

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def shield(self, work: Coroutine[Any, Any, Result]) -> Result:
        task = asyncio.ensure_future(work)
        self._shielded.add(task)
        task.add_done_callback(self._shielded.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_told_nobody)  # its caller has gone; the outcome is in the store
            raise

    async def ask(self, question: Callable[..., object], *arguments: object) -> object:
        if inspect.iscoroutinefunction(question):
            return await question(*arguments)
        # It may block: on a database, say. A thread gets a copy of the context.
        answer = await asyncio.to_thread(question, *arguments)
        return await answer if inspect.isawaitable(answer) else answer

    async def drain(self, seconds: float) -> None:
        """Wait for what is shielded, at shutdown."""
        if self._shielded:
            await asyncio.wait(set(self._shielded), timeout=seconds)

    def gate(self) -> Gate:
        return _LoopGate()


def _told_nobody(task: asyncio.Task[Any]) -> None:
    failure = None if task.cancelled() else task.exception()
    if failure is not None:
        log.warning("finished for a browser that had gone: %s", type(failure).__name__)


class ThreadRunner:
    """In the caller's own thread, which does nothing else meanwhile: so it waits for a second at most."""

    patience_seconds = 1.0

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Step a coroutine whose awaits never suspend.

        Raises:
            RuntimeError: it did suspend: a part that belongs to an event loop was built in.
        """
        try:
            work.send(None)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        work.close()
        raise RuntimeError("a part of the core suspended in a blocking runner")

    async def pause(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251  # the thread is ours, and nothing else runs in it

    async def shield(self, work: Coroutine[Any, Any, Result]) -> Result:
        return await work

    async def ask(self, question: Callable[..., object], *arguments: object) -> object:
        return question(*arguments)

    def gate(self) -> Gate:
        return _ThreadGate()


class _LoopGate:
    def __init__(self) -> None:
        # A lock belongs to one loop, and a process may have several, one after the other (tests do).
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        async with self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            yield


class _ThreadGate:
    def __init__(self) -> None:
        # Each process makes its own, when it first needs one: a server may patch what waits (gevent) after it has
        # loaded the app and forked, and who holds a lock of before then keeps whoever asks for it from waiting well.
        self._locks: dict[int, threading.Lock] = {}

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        with self._locks.setdefault(os.getpid(), threading.Lock()):
            yield
