"""Runs the sandbox on loopback, in this thread or in one of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from .app import create_app
from .connection import Connection
from .played import FrontClass
from .settings import LOOPBACK_HOSTS, SandboxSettings

_STOP_SECONDS = 1.0


class Server:
    """Serves one sandbox in an event loop of its own.

    Args:
        settings: of the sandbox.
        more: classes of further fronts.
        ends_without_leases: end after this many seconds in which no app held a lease. None: serve until ``stop``.
    """

    def __init__(
        self,
        settings: SandboxSettings,
        more: Sequence[FrontClass] = (),
        *,
        ends_without_leases: float | None = None,
    ) -> None:
        self._settings = settings
        self._more = more
        self._grace = ends_without_leases
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def run(self, sockets: list[socket.socket], started: Callable[[], None] = lambda: None) -> None:
        """Serve until ``stop``, or a signal in the main thread.

        Args:
            sockets: that listen.
            started: is called when the sandbox answers.
        """
        asyncio.run(self._serve(sockets, started))

    def stop(self) -> None:
        """Stop, from any thread."""
        if self._loop is not None and self._stopping is not None:
            with suppress(RuntimeError):  # it has stopped
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def _serve(self, sockets: list[socket.socket], started: Callable[[], None]) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        app, leases = create_app(self._settings, self._more)
        connections: set[Connection] = set()
        servers = [await self._loop.create_server(lambda: Connection(app, connections), sock=one) for one in sockets]
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt
                    self._loop.add_signal_handler(number, self._stopping.set)
        started()
        waiting: list[asyncio.Future[object]] = [asyncio.ensure_future(self._stopping.wait())]
        if self._grace is not None:
            waiting.append(asyncio.ensure_future(leases.over(self._grace)))
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        for server in servers:
            server.close()
        for connection in list(connections):
            connection.finish()
        if connections:
            await asyncio.wait([one.closed for one in connections], timeout=_STOP_SECONDS)
        for connection in list(connections):
            connection.abort()
        await asyncio.sleep(0)


def listen(port: int) -> list[socket.socket]:
    """Open sockets on every loopback address that ``localhost`` may stand for.

    Args:
        port: 0 for any free one.

    Raises:
        OSError: the port is in use.
    """
    first = socket.create_server(("127.0.0.1", port))
    sockets = [first]
    with suppress(OSError):  # this machine has no IPv6, or the port is in use there
        sockets.append(socket.create_server(("::1", first.getsockname()[1]), family=socket.AF_INET6))
    return sockets


def run(settings: SandboxSettings, port: int, started: Callable[[], None] = lambda: None) -> None:
    """Serve until interrupted.

    Args:
        settings: of the sandbox.
        port: to listen on.
        started: is called when the sandbox answers.

    Raises:
        OSError: the port is in use.
    """
    Server(settings).run(listen(port), started)


@contextmanager
def running(
    settings: SandboxSettings, host: str = "localhost", port: int = 0, more: Sequence[FrontClass] = ()
) -> Iterator[SandboxSettings]:
    """Serve in a thread of its own, until the ``with`` block ends.

    Args:
        settings: of the sandbox; ``origin`` is replaced.
        host: the name in the origin.
        port: 0 for any free one.
        more: classes of further fronts.

    Yields:
        The settings with the real origin. They are live: a change takes effect at once.

    Raises:
        ValueError: the host is not this machine.
        OSError: the port is in use.
    """
    if host not in LOOPBACK_HOSTS:
        raise ValueError("The sandbox is for this machine only: localhost or 127.0.0.1.")
    sockets = listen(port)
    live = replace(settings, origin=f"http://{host}:{sockets[0].getsockname()[1]}")
    ready = threading.Event()
    server = Server(live, more)
    thread = threading.Thread(target=server.run, args=(sockets, ready.set), name="valetkey-sandbox", daemon=True)
    thread.start()
    try:
        if not ready.wait(10):
            raise RuntimeError("the sandbox did not start")
        yield live
    finally:
        server.stop()
        thread.join(5)
