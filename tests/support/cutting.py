"""A proxy that cuts: between a browser and the app, or the app and a provider. It forwards bytes as they are, until a
request that it was told to wait for: then the line is cut before the request went on, or before its answer came back.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass


@dataclass
class Cut:
    """The next ``times`` requests whose first line contains ``line``, cut on the way there or on the way back."""

    line: str
    way: str  # "there" or "back"
    times: int = 1


class Cutter:
    """Listens at ``port``; what it cut stands in ``done``."""

    def __init__(self, port: int, target: int) -> None:
        self.port, self.target = port, target
        self.cuts: list[Cut] = []
        self.done: list[str] = []
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", port), backlog=128)
        self._listening.settimeout(0.1)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self, line: str, way: str, times: int = 1) -> None:
        self.cuts.append(Cut(line, way, times))

    def _accept(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = self._listening.accept()
                thread = threading.Thread(target=self._serve, args=(client,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        """One exchange a connection: what asks for more is told that this one closes."""
        with client, contextlib.suppress(OSError):
            client.settimeout(30)
            request = self._read(client)
            if not request:
                return None
            way = self._struck(request.partition(b"\r\n")[0].decode("latin-1"))
            if way == "there":
                return self._reset(client)
            with socket.create_connection(("127.0.0.1", self.target), 30) as server:
                server.sendall(self._closing(request))
                answer = b""
                while data := server.recv(65536):
                    answer += data
            if way == "back":
                return self._reset(client)
            client.sendall(answer)
        return None

    def _struck(self, line: str) -> str | None:
        for cut in self.cuts:
            if cut.line in line:
                cut.times -= 1
                if cut.times <= 0:
                    self.cuts.remove(cut)
                self.done.append(f"{line.split(' ')[0]} {cut.way}")
                return cut.way
        return None

    @staticmethod
    def _read(client: socket.socket) -> bytes:
        got = b""
        while b"\r\n\r\n" not in got:
            data = client.recv(65536)
            if not data:
                return b""
            got += data
        head, _, body = got.partition(b"\r\n\r\n")
        length = next(
            (
                int(line.partition(b":")[2])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            ),
            0,
        )
        while len(body) < length:
            body += client.recv(65536)
        return head + b"\r\n\r\n" + body

    @staticmethod
    def _closing(request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body

    @staticmethod
    def _reset(client: socket.socket) -> None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    def stop(self) -> None:
        self._over.set()
        for thread in list(self._threads):
            thread.join(35)
        self._listening.close()
