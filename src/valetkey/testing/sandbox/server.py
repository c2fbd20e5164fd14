"""Runs the sandbox on loopback, in this thread or in one of its own, with a server that can drop connections."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .app import create_app
from .settings import LOOPBACK_HOSTS, SandboxSettings


class _CanHangUp(HttpToolsProtocol):
    """Gives the app a way to close the connection without an answer."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"sandbox.abort": {"now": self.transport.abort}}


def _server(settings: SandboxSettings, started: Callable[[], None]) -> uvicorn.Server:
    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if not self.should_exit:
                started()

    config = uvicorn.Config(
        create_app(settings),
        http=_CanHangUp,
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return Announcing(config)


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
    _server(settings, started).run(sockets=listen(port))


@contextmanager
def running(settings: SandboxSettings, host: str = "localhost", port: int = 0) -> Iterator[SandboxSettings]:
    """Serve in a thread of its own, until the ``with`` block ends.

    Args:
        settings: of the sandbox; ``origin`` is replaced.
        host: the name in the origin.
        port: 0 for any free one.

    Yields:
        The settings with the real origin. They are live: a change takes effect at once.

    Raises:
        ValueError: the host is not this machine.
    """
    if host not in LOOPBACK_HOSTS:
        raise ValueError("The sandbox is for this machine only: localhost or 127.0.0.1.")
    sockets = listen(port)
    live = replace(settings, origin=f"http://{host}:{sockets[0].getsockname()[1]}")
    ready = threading.Event()
    server = _server(live, ready.set)
    thread = threading.Thread(target=_serve, args=(server, sockets), name="valetkey-sandbox", daemon=True)
    thread.start()
    try:
        if not ready.wait(10):
            raise RuntimeError("the sandbox did not start")
        yield live
    finally:
        server.should_exit = True
        thread.join(5)


def _serve(server: uvicorn.Server, sockets: list[Any]) -> None:
    server.run(sockets=sockets)
