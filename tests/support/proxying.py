"""A proxy as companies have it: it answers CONNECT (RFC 9110 §9.3.6), and passes on what goes through. What it heard is
kept. It leads wherever the tests say, whatever the hosts are called, and so it leads a browser to servers of theirs."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping

from .forwarding import Listener, head_of

Answer = bytes | Callable[[socket.socket], None]

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"


class ConnectProxy(Listener):
    """
    Args:
        ends: where tunnels end: a port of this machine, for every host; or one for each ``host:port``, and no other.
        answer: what is said to a CONNECT; only with a 2xx in it the tunnel opens.
        host: the address it listens at.
    """

    def __init__(self, ends: int | Mapping[str, int], answer: Answer = ESTABLISHED, host: str = "127.0.0.1") -> None:
        self.heads: list[bytes] = []
        self.passed = bytearray()  # what came through, from the client's side
        self._ends, self._answer = ends, answer
        super().__init__(host=host)
        self.url = f"http://{host}:{self.port}"

    def serve(self, client: socket.socket) -> None:
        head = head_of(client)
        if not head:
            return
        self.heads.append(head)
        if callable(self._answer):
            self._answer(client)
            return
        port = self._ends if isinstance(self._ends, int) else self._ends.get(head.split(b" ")[1].decode())
        client.sendall(self._answer if port is not None else FORBIDDEN)
        if port is None or b" 200 " not in self._answer or not self._answer.endswith(b"\r\n\r\n"):
            return
        with socket.create_connection(("127.0.0.1", port)) as onward:
            self.both_ways(client, onward, self.passed)
