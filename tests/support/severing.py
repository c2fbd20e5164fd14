"""A proxy before PostgreSQL that cuts a line at COMMIT: before the server has heard it, or before its answer is told.
It can also swallow everything, as a firewall does that has forgotten a connection."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable

from .forwarding import Listener, reset

# A simple Query and a CommandComplete, as the protocol writes them.
COMMIT = b"Q\0\0\0\x0bCOMMIT\0"
COMMITTED = b"C\0\0\0\x0bCOMMIT\0"


class Severing(Listener):
    """``cuts`` is how many are to come; ``between`` runs when the server has committed and the client does not know."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.cuts = 0
        self.way = "back"
        self.between: Callable[[], object] | None = None
        self.done = 0
        self.swallowing = False
        self.open: set[socket.socket] = set()  # whom a client has not hung up on
        super().__init__()

    def cut(self, way: str, times: int = 1, between: Callable[[], object] | None = None) -> None:
        self.way, self.cuts, self.between, self.done = way, times, between, 0

    def serve(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._target)) as server:
            self.open.add(client)
            while not self._over.is_set():
                for ready in select.select([client, server], [], [], 0.05)[0]:
                    data = ready.recv(65536)
                    if not data:
                        self.open.discard(client)
                        return
                    if self.swallowing:
                        continue
                    if ready is client and COMMIT in data and self.cuts:
                        self.cuts -= 1
                        self._sever(client, server, data)
                        return
                    (server if ready is client else client).sendall(data)

    def _sever(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        if self.way == "back":
            server.sendall(data)
            answer = b""
            while COMMITTED not in answer:
                answer += server.recv(65536)
        else:
            server.close()  # which takes the transaction back
        if self.between is not None:
            self.between()
        self.done += 1
        reset(client)
