"""A proxy before PostgreSQL that cuts a line at COMMIT: before the server has heard it, or before its answer is told.
It can also swallow everything, as a server does that hangs, or forget the connections that it has, as a firewall
does with those that were silent for too long."""

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
        self.forgotten: set[socket.socket] = set()
        self._pause_seconds = 0.0
        self._hanging_up = ""
        super().__init__()

    def forget(self) -> int:
        """What comes on a connection that is open now is dropped, both ways, and nobody hears of it. Later ones work.

        Returns:
            How many that are.
        """
        self.forgotten |= self.open
        return len(self.forgotten)

    def cut(self, way: str, times: int = 1, between: Callable[[], object] | None = None) -> None:
        self.way, self.cuts, self.between, self.done = way, times, between, 0

    def pause(self, seconds: float) -> None:
        """The next that comes is passed on only after this time."""
        self._pause_seconds = seconds

    def hang_up(self, how: str) -> None:
        """Close every connection that is open now, in order, or by a reset; and wait until they are closed."""
        self._hanging_up = how
        while self.open:
            self._over.wait(0.005)
        self._hanging_up = ""

    def serve(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._target)) as server:
            self.open.add(client)
            try:
                self._pass_on(client, server)
            finally:
                self.open.discard(client)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        while not self._over.is_set():
            if self._hanging_up:
                if self._hanging_up == "reset":
                    reset(client)
                client.close()
                return
            for ready in select.select([client, server], [], [], 0.05)[0]:
                data = ready.recv(65536)
                if not data:
                    return
                if self.swallowing or client in self.forgotten:
                    continue
                if self._pause_seconds:
                    seconds, self._pause_seconds = self._pause_seconds, 0.0
                    self._over.wait(seconds)
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
