"""A raw TCP server that does what a script says: one step per request it gets, bytes or an action."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Step = bytes | Callable[[socket.socket], None]


class Scripted:
    """What it heard: ``requests`` as bytes, ``accepted`` connections, ``handshakes`` that failed."""

    def __init__(self, *steps: Step, tls: ssl.SSLContext | None = None, forever: Step | None = None) -> None:
        self.steps, self.forever, self.tls = list(steps), forever, tls
        self.requests: list[bytes] = []
        self.accepted = 0
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._listening.settimeout(0.05)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        self.port = self._listening.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}/x?y=1"

    def _accept(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listening.accept()
                self.accepted += 1
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(0.05)
        try:
            if self.tls is not None:
                connection.settimeout(5)
                connection = self.tls.wrap_socket(connection, server_side=True)
                connection.settimeout(0.05)
            while request := self._request(connection):
                self.requests.append(request)
                step = self.steps.pop(0) if self.steps else self.forever
                if step is None:
                    break
                if callable(step):
                    step(connection)
                else:
                    connection.sendall(step)
        except OSError:
            pass
        finally:
            connection.close()

    def _request(self, connection: socket.socket) -> bytes:
        got = b""
        while b"\r\n\r\n" not in got and not self._over.is_set():
            try:
                data = connection.recv(65536)
            except TimeoutError:
                continue
            if not data:
                return b""
            got += data
        return got

    def stop(self) -> None:
        self._over.set()
        for thread in list(self._threads):
            thread.join(10)
        self._listening.close()


@contextmanager
def scripted(*steps: Step, tls: ssl.SSLContext | None = None, forever: Step | None = None) -> Iterator[Scripted]:
    server = Scripted(*steps, tls=tls, forever=forever)
    try:
        yield server
    finally:
        server.stop()


def reply(body: bytes = b"ok", status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def hang(connection: socket.socket) -> None:
    """Until the other side goes."""
    connection.settimeout(5)
    with contextlib.suppress(OSError):
        connection.recv(1)
    connection.close()


def close(connection: socket.socket) -> None:
    connection.close()


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.close()


def drip(connection: socket.socket) -> None:
    """A byte every tenth of a second, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    for _ in range(60):
        connection.sendall(b"x")
        time.sleep(0.1)


def flood(head: bytes, chunk: bytes) -> Step:
    """A head, and then a chunk until nobody listens, a gigabyte at the most."""

    def pour(connection: socket.socket) -> None:
        connection.settimeout(5)
        connection.sendall(head)
        for _ in range((1 << 30) // len(chunk)):
            connection.sendall(chunk)

    return pour
