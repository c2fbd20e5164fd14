"""A WebSocket's handshake as a program or a page makes it, and what is said afterwards."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Event, RejectConnection, Request, TextMessage


class Handshake:
    """``status`` is 101 where it was accepted."""

    def __init__(self, base: str, path: str, **headers: str) -> None:
        where = urlsplit(base)
        self._socket = socket.create_connection((where.hostname, where.port), timeout=10)
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._events = self._heard()
        sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self._send(Request(host=where.netloc, target=path, extra_headers=sent))
        answer = next(self._events)
        assert isinstance(answer, AcceptConnection | RejectConnection)
        self.status = answer.status_code if isinstance(answer, RejectConnection) else 101

    def says(self, text: str) -> str:
        """What is answered to that."""
        self._send(TextMessage(data=text))
        answer = next(self._events)
        assert isinstance(answer, TextMessage)
        return answer.data

    def close(self) -> None:
        self._socket.close()

    def _send(self, event: Event) -> None:
        self._socket.sendall(self._protocol.send(event))

    def _heard(self) -> Iterator[Event]:
        while True:
            yield from self._protocol.events()
            self._protocol.receive_data(self._socket.recv(65536) or None)
