"""A proxy that cuts: between a browser and the app, or the app and a provider. It forwards bytes as they are, until a
request that it waits for: then the line is cut before the request went on, or before its answer came back.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from .forwarding import Listener, head_of, reset


@dataclass
class Cut:
    """The next ``times`` requests whose first line contains ``line``, cut on the way there or on the way back."""

    line: str
    way: str  # "there" or "back"
    times: int = 1


class Cutter(Listener):
    """Listens at ``port``; what it cut stands in ``done``."""

    def __init__(self, port: int, target: int) -> None:
        self.target = target
        self.cuts: list[Cut] = []
        self.done: list[str] = []
        super().__init__(port)

    def cut(self, line: str, way: str, times: int = 1) -> None:
        self.cuts.append(Cut(line, way, times))

    def serve(self, client: socket.socket) -> None:
        """One exchange a connection: an answer to a request for more says that this one closes."""
        request = self._read(client)
        if not request:
            return None
        way = self._struck(request.partition(b"\r\n")[0].decode("latin-1"))
        if way == "there":
            return reset(client)
        with socket.create_connection(("127.0.0.1", self.target), 30) as server:
            server.sendall(self._closing(request))
            answer = b""
            while data := server.recv(65536):
                answer += data
        return reset(client) if way == "back" else client.sendall(answer)

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
        head, _, body = head_of(client).partition(b"\r\n\r\n")
        if not head:
            return b""
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        while lengths and len(body) < int(lengths[0].partition(b":")[2]):
            body += client.recv(65536)
        return head + b"\r\n\r\n" + body

    @staticmethod
    def _closing(request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body
