"""Connects to the first address of a host that answers ("Happy Eyeballs", RFC 8305 §5).

How this works: the first address gets a head start of ``DELAY_SECONDS``. If it does not answer in that time, the next
one is tried beside it, and so on. The first connection that opens wins; the others are closed. So an unreachable
address costs a quarter of a second and not the whole login. ``race`` is for threads and ``race_in_loop`` for event
loops. asyncio's ``create_connection`` can do this, too (``happy_eyeballs_delay``), but it resolves the name itself, in
the loop's executor, and does not report which addresses failed.
"""

from __future__ import annotations

import asyncio
import errno
import os
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from .resolver import Endpoint

DELAY_SECONDS = 0.25

_IN_PROGRESS = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN}

Failed = Callable[[Endpoint], None]
Connected = tuple[socket.socket, Endpoint]
_Running = dict["asyncio.Task[socket.socket]", Endpoint]


def race(endpoints: Sequence[Endpoint], deadline: float, failed: Failed) -> Connected:
    """Connect in the calling thread.

    Args:
        endpoints: in the order to try them; at least one.
        deadline: a time of ``time.monotonic()``, in seconds.
        failed: is called with each address that refuses. If none answers in time, it is called with all of them.

    Returns:
        The socket and its address. The socket is non-blocking; the caller sets its timeout.

    Raises:
        TimeoutError: no address answered in time.
        OSError: all addresses refused. It is the last refusal.
    """
    delay = _delay(endpoints, deadline)
    with _Attempts(failed) as attempts:
        for endpoint in endpoints:
            attempts.begin(endpoint)
            last = endpoint is endpoints[-1]
            until = deadline if last else min(time.monotonic() + delay, deadline)
            if winner := attempts.wait(until, patient=last):
                return winner
            if time.monotonic() >= deadline:
                break
        if attempts.running or attempts.refusal is None:
            for endpoint in attempts.running.values():
                failed(endpoint)
            raise TimeoutError
        raise attempts.refusal


class _Attempts:
    """The connections that are being opened. Those that are left at the end are closed."""

    def __init__(self, failed: Failed) -> None:
        self.running: dict[socket.socket, Endpoint] = {}
        self.refusal: OSError | None = None
        self._failed = failed
        self._selector = selectors.DefaultSelector()  # looked up here, since gevent and eventlet replace it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._selector.close()
        for connection in self.running:
            connection.close()
        self.refusal = None  # it holds the frame that raises it, which holds this

    def begin(self, endpoint: Endpoint) -> None:
        connection = None
        try:
            connection = socket.socket(endpoint.family, socket.SOCK_STREAM)
            connection.setblocking(False)
            code = connection.connect_ex(endpoint.sockaddr)
            if code not in _IN_PROGRESS:
                raise OSError(code, os.strerror(code))
            self._selector.register(connection, selectors.EVENT_WRITE)
        except OSError as refusal:  # also raised for an address family that this machine does not have
            if connection is not None:
                connection.close()
            self._refused(endpoint, refusal)
        else:
            self.running[connection] = endpoint

    def wait(self, until: float, *, patient: bool) -> Connected | None:
        """Wait for a connection to open.

        Args:
            until: a time of ``time.monotonic()``, in seconds.
            patient: go on waiting when one of several addresses refuses.

        Returns:
            The first connection that opens. None if the time is over, if all addresses refused, or, unless
            ``patient``, if one refused.
        """
        while self.running and (left := until - time.monotonic()) > 0:
            refused = False
            for key, _ in self._selector.select(left):
                connection = key.fileobj
                assert isinstance(connection, socket.socket)
                self._selector.unregister(connection)
                endpoint = self.running.pop(connection)
                code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code == 0:
                    return connection, endpoint
                connection.close()
                self._refused(endpoint, OSError(code, os.strerror(code)))
                refused = True
            if refused and not patient:
                break
        return None

    def _refused(self, endpoint: Endpoint, refusal: OSError) -> None:
        self.refusal = refusal
        self._failed(endpoint)


async def race_in_loop(endpoints: Sequence[Endpoint], deadline: float, failed: Failed) -> Connected:
    """Connect in an event loop. See ``race``.

    Args:
        deadline: spaces the attempts. The caller sets the time limit.

    Raises:
        OSError: all addresses refused. It is the last refusal.
    """
    if len(endpoints) == 1:  # the usual case needs no tasks
        return await _race_alone(endpoints[0], failed)
    delay = _delay(endpoints, deadline)
    running: _Running = {}
    # In a list, since an exception that is raised holds this frame, which would hold the exception.
    refusals = [OSError()]
    try:
        for endpoint in endpoints:
            running[asyncio.ensure_future(_attempt(endpoint))] = endpoint
            last = endpoint is endpoints[-1]
            while running:
                if winner := await _next(running, None if last else delay, failed, refusals):
                    return winner
                if not last:
                    break
        raise refusals.pop()
    except asyncio.CancelledError:
        for endpoint in running.values():
            failed(endpoint)
        raise
    finally:
        _abandon(running)


async def _next(running: _Running, seconds: float | None, failed: Failed, refusals: list[OSError]) -> Connected | None:
    """Wait for the next connections to open or to be refused. Returns the first that opens."""
    done, _ = await asyncio.wait(running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        error = task.exception()
        if error is None:
            return task.result(), running.pop(task)
        if not isinstance(error, OSError):
            raise error
        refusals.append(error)
        failed(running.pop(task))
    return None


async def _race_alone(endpoint: Endpoint, failed: Failed) -> Connected:
    try:
        return await _attempt(endpoint), endpoint
    except (OSError, asyncio.CancelledError):
        failed(endpoint)
        raise


async def _attempt(endpoint: Endpoint) -> socket.socket:
    connection = socket.socket(endpoint.family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, endpoint.sockaddr)
    except BaseException:
        connection.close()
        raise
    return connection


def _abandon(running: _Running) -> None:
    """Close the other connections, including one that opened at the same moment as the winner."""
    for task in running:
        task.cancel()
        task.add_done_callback(_close)


def _close(task: asyncio.Task[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


def _delay(endpoints: Sequence[Endpoint], deadline: float) -> float:
    """Return the seconds between two attempts. Every address gets its turn in the first half of the time."""
    left = max(deadline - time.monotonic(), 0)
    return min(DELAY_SECONDS, left / 2 / max(len(endpoints), 1))
