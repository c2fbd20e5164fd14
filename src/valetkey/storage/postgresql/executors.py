"""Where verbs run: in the caller's thread, or in an event loop. An executor opens connections, and brings the semaphore
and the pause that fit."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol, TypedDict

import psycopg

from .address import Address
from .connections import TROUBLE, Connection, LoopConnection, LoopPsycopg, ThreadConnection, ThreadPsycopg
from .turns import Turns

_NO_ANSWER = (psycopg.errors.ConnectionTimeout, TimeoutError)


class _How(TypedDict):
    autocommit: bool
    prepare_threshold: None


# Transactions are begun by a statement of their own. No prepared statements: each belongs to one of the server's
# connections, and a pooler in front of it (PgBouncer) may use another one for each transaction.
_HOW: _How = {"autocommit": True, "prepare_threshold": None}


def _plain(error: psycopg.Error | OSError) -> psycopg.Error | OSError:
    """An error of a connection attempt, without its traceback. The driver's frames have the password in their
    variables, which some programs record. A reference cycle in them also keeps a half-open socket for as long as the
    error exists, and a server that shuts down waits for it."""
    if isinstance(error, _NO_ANSWER):
        error.__traceback__ = None
        return TimeoutError("the database does not answer")
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


class Slots(Protocol):
    """A semaphore that limits how many connections are open at once."""

    async def take(self, seconds: float) -> None:
        """Wait for a free slot, for at most this long.

        Raises:
            TimeoutError: no slot became free.
        """
        ...

    def give_back(self) -> None:
        """Free the slot."""
        ...


class Executor(Protocol):
    """Where verbs run: in a thread, or in an event loop."""

    @property
    def size(self) -> int:
        """How many connections are open at most, unless the app says otherwise."""
        ...

    def here(self) -> object:
        """The owner of connections, as a key: the whole process, or the running loop."""
        ...

    def slots(self, count: int) -> Slots:
        """A new semaphore."""
        ...

    async def connect(self, address: Address, deadline: float) -> Connection:
        """Open a connection.

        Raises:
            TimeoutError: the server did not answer by the deadline, a time of ``time.monotonic()``.
            psycopg.Error, OSError: it refused.
        """
        ...

    async def pause(self, seconds: float) -> None:
        """Wait."""
        ...


class ThreadExecutor:
    """Runs in the caller's thread. Nothing suspends, and no other thread is started, because a fork would lose it."""

    size = 5

    def here(self) -> object:
        return self

    def slots(self, count: int) -> Slots:
        return _ThreadSlots(count)

    async def connect(self, address: Address, deadline: float) -> Connection:
        ThreadPsycopg.connecting.until = deadline
        try:
            driver = ThreadPsycopg.connect(address.conninfo.reveal(), **_HOW)
            return ThreadConnection(driver, address, deadline)
        except TROUBLE as error:
            failure = _plain(error)
        raise failure

    async def pause(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251  # the thread is ours, and nothing else runs in it


class LoopExecutor:
    """Runs in an event loop, or in several, one after the other."""

    size = 10

    def here(self) -> object:
        return asyncio.get_running_loop()

    def slots(self, count: int) -> Slots:
        return _LoopSlots(count)

    async def connect(self, address: Address, deadline: float) -> Connection:
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                driver = await LoopPsycopg.connect(address.conninfo.reveal(), **_HOW)
                return LoopConnection(driver, address, deadline)
        except TROUBLE as error:
            failure = _plain(error)
        raise failure

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _ThreadSlots:
    def __init__(self, count: int) -> None:
        self._turns = Turns(count)

    async def take(self, seconds: float) -> None:
        if not self._turns.take(seconds):
            raise TimeoutError("all connections to the database are in use")

    def give_back(self) -> None:
        self._turns.end()


class _LoopSlots:
    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)

    async def take(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._free.acquire()
        except TimeoutError:
            raise TimeoutError("all connections to the database are in use") from None

    def give_back(self) -> None:
        self._free.release()
