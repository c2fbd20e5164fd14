"""A proxy as companies have it: it answers CONNECT, and passes on what goes through. What it heard is kept."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Answer = bytes | Callable[[socket.socket], None]

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class ConnectProxy:
    """Leads every host to one port of this machine.

    Args:
        port: where tunnels end.
        answer: what is said to a CONNECT; only with a 2xx in it the tunnel opens.
        host: the address it listens at.
    """

    def __init__(self, port: int, answer: Answer = ESTABLISHED, host: str = "127.0.0.1") -> None:
        self.heads: list[bytes] = []
        self.passed = bytearray()  # what came through, from the client's side
        self._target, self._answer = port, answer
        self._over = threading.Event()
        self._listening = socket.create_server((host, 0))
        self._listening.settimeout(0.05)
        self.port = self._listening.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listening.accept()
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            head = b""
            while b"\r\n\r\n" not in head:
                data = connection.recv(65536)
                if not data:
                    return
                head += data
            self.heads.append(head)
            if callable(self._answer):
                self._answer(connection)
                return
            connection.sendall(self._answer)
            if b" 200 " not in self._answer or not self._answer.endswith(b"\r\n\r\n"):
                return
            with socket.create_connection(("127.0.0.1", self._target)) as onward:
                back = threading.Thread(target=self._pump, args=(onward, connection, None))
                back.start()
                self._pump(connection, onward, self.passed)
                back.join()

    def _pump(self, source: socket.socket, sink: socket.socket, kept: bytearray | None) -> None:
        source.settimeout(0.05)
        with contextlib.suppress(OSError):
            while not self._over.is_set():
                try:
                    data = source.recv(65536)
                except TimeoutError:
                    continue
                if not data:
                    break
                if kept is not None:
                    kept += data
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def stop(self) -> None:
        self._over.set()
        for thread in list(self._threads):
            thread.join(10)
        self._listening.close()


@contextmanager
def connect_proxy(port: int, answer: Answer = ESTABLISHED, host: str = "127.0.0.1") -> Iterator[ConnectProxy]:
    proxy = ConnectProxy(port, answer, host)
    try:
        yield proxy
    finally:
        proxy.stop()
