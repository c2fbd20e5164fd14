"""The blocking transport: plain sockets in the caller's own thread, which never suspends and leaves no thread behind.

A connection is one thread's while a request is on it; between requests it lies in a pool for whichever comes next.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import threading
import time
import weakref
from collections import deque

from ..protocol.messages import HttpRequest, HttpResponse
from .wire import IDLE_SECONDS, MOST_IDLE, Address, Reply, TransportFault, Trust, address_of, encode, not_connected

_READ_BYTES = 16 * 1024


class ThreadTransport:
    """Shared by the threads of one process; a fork starts with an empty pool.

    Args:
        trust: a TLS context with an authority of one's own; one that does not verify is refused.
    """

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self._trust = Trust(trust)
        self._lock = threading.Lock()
        self._idle: dict[Address, deque[tuple[socket.socket, float]]] = {}
        self._pid = os.getpid()
        # A synchronous app has no shutdown that would say close.
        weakref.finalize(self, _hang_up, self._idle)

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        address, _, _ = address_of(request.url)
        payload = encode(request)
        connection = self._take(address) or self._connect(address, deadline)
        reusable = False
        try:
            reply = self._exchange(connection, address, payload, deadline)
            reusable = reply.reusable
            return reply.response()
        finally:
            if reusable:
                self._put_back(address, connection)
            else:
                connection.close()

    async def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle = dict(self._idle)
            self._idle.clear()
        _hang_up(idle)

    def _exchange(self, connection: socket.socket, address: Address, payload: bytes, deadline: float) -> Reply:
        where, sent, reply = f"{address.host}:{address.port}", False, Reply()
        try:
            connection.settimeout(_left(deadline))
            sent = True  # from here on nobody knows
            connection.sendall(payload)
            while not reply.done:
                connection.settimeout(_left(deadline))
                data = connection.recv(_READ_BYTES)
                if not data:
                    raise TransportFault("The connection ended before the reply did.", sent=True)
                reply.feed(data)
        except TimeoutError:
            raise TransportFault(f"{where} did not answer in time.", sent=sent) from None
        except OSError as error:
            raise TransportFault(f"The connection to {where} broke ({type(error).__name__}).", sent=sent) from error
        return reply

    def _connect(self, address: Address, deadline: float) -> socket.socket:
        plain = None
        try:
            plain = socket.create_connection((address.host, address.port), timeout=_left(deadline))
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not address.secure:
                return plain
            plain.settimeout(_left(deadline))
            return self._trust.context().wrap_socket(plain, server_hostname=address.host)
        except OSError as error:
            if plain is not None:
                plain.close()
            raise not_connected(address, error) from error

    def _take(self, address: Address) -> socket.socket | None:
        """An idle connection that is young and silent: what has ended meanwhile is seen before a byte is written."""
        while True:
            with self._lock:
                if self._pid != os.getpid():
                    self._idle.clear()  # the parent's sockets are the parent's
                    self._pid = os.getpid()
                idle = self._idle.get(address)
                if not idle:
                    return None
                connection, since = idle.pop()
            # Not under the lock: under gevent a look is another's turn, and the lock may be older than its patches.
            poll = select.poll()
            poll.register(connection, select.POLLIN | select.POLLHUP)
            if time.monotonic() - since < IDLE_SECONDS and not poll.poll(0):
                return connection
            connection.close()

    def _put_back(self, address: Address, connection: socket.socket) -> None:
        with self._lock:
            idle = self._idle.setdefault(address, deque())
            if len(idle) < MOST_IDLE:
                idle.append((connection, time.monotonic()))
                return
        connection.close()


def _hang_up(idle: dict[Address, deque[tuple[socket.socket, float]]]) -> None:
    for connections in idle.values():
        for connection, _ in connections:
            connection.close()


def _left(deadline: float) -> float:
    """Seconds left; never zero, which would make the socket non-blocking.

    Raises:
        TimeoutError: none.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
