"""What listens at a port of this machine and serves each connection in a thread of its own; and how bytes go on from
there. The proxies of the tests are made of it: each says what it does with a connection."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self


class Listener:
    """Serves until it is stopped, and waits for its threads then. Port 0 stands for any."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self._over = threading.Event()
        self._listening = socket.create_server((host, port), backlog=512)
        self._listening.settimeout(0.05)
        self._sockets: set[socket.socket] = set()  # shut at the end, so that nobody waits for what comes there
        self.port = int(self._listening.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def serve(self, client: socket.socket) -> None:
        """A fault of either side's connection ends it, and nothing else."""
        raise NotImplementedError

    def _accept(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = self._listening.accept()
                self._threads = [thread for thread in self._threads if thread.is_alive()]
                thread = threading.Thread(target=self._served, args=(client,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _served(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, self._kept(client):
            client.settimeout(60)
            self.serve(client)

    @contextmanager
    def _kept(self, *sockets: socket.socket) -> Iterator[None]:
        self._sockets |= {*sockets}
        try:
            yield
        finally:
            self._sockets -= {*sockets}

    def both_ways(self, client: socket.socket, server: socket.socket, heard: bytearray | None = None) -> None:
        """Copy until both sides have no more. ``heard`` gets what the client says."""
        with self._kept(client, server):
            back = threading.Thread(target=_copy, args=(server, client, socket.SHUT_RDWR), daemon=True)
            back.start()
            _copy(client, server, socket.SHUT_WR, heard)
            back.join()

    def disconnect(self) -> None:
        """Hang up on everybody who is connected now."""
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        self._over.set()
        self.disconnect()
        for thread in list(self._threads):
            thread.join(10)
        self._listening.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()


def _copy(source: socket.socket, sink: socket.socket, end: int, heard: bytearray | None = None) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if heard is not None:
                heard += data
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(end)


def head_of(client: socket.socket) -> bytes:
    """A request as far as its empty line, and what came with it; nothing where the client hung up."""
    head = b""
    while b"\r\n\r\n" not in head:
        data = client.recv(65536)
        if not data:
            return b""
        head += data
    return head


def reset(client: socket.socket) -> None:
    """Its end comes as a reset, and not as an orderly one."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
