"""The blocking transport: plain sockets in the caller's own thread, which never suspends.

A connection is one thread's while a request is on it; between requests it lies in a pool for whichever comes next. No
thread is left behind, apart from a lookup that the system's resolver does not give up (see ``names``).
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
import weakref
from collections import deque
from typing import NamedTuple

from ..protocols.http import HttpRequest, HttpResponse
from ..settings.outgoing import Address, Outgoing, Proxy, address_of
from .faults import TransportFault, not_connected, not_resolved
from .names import Endpoint, Names, Unresolved
from .race import race
from .readiness import has_arrived
from .trust import Trust
from .tunnel import Tunnel
from .wire import IDLE_SECONDS, MOST_IDLE, Reply, encode

_READ_BYTES = 16 * 1024


class _Line(NamedTuple):
    """An open connection, and the address at its other end."""

    socket: socket.socket
    endpoint: Endpoint


_Idle = dict[Address, deque[tuple[_Line, float]]]


class ThreadTransport:
    """Shared by the threads of one process; a fork starts with an empty pool.

    Args:
        trust: a TLS context with an authority of one's own; one that does not verify is refused.
        outgoing: whether requests go through a proxy.
    """

    def __init__(self, trust: ssl.SSLContext | None = None, *, outgoing: Outgoing | None = None) -> None:
        self._trust = Trust(trust)
        self._outgoing = outgoing or Outgoing()
        self._names = Names()
        self._lock = threading.Lock()
        self._idle: _Idle = {}
        self._pid = os.getpid()
        # A synchronous app has no shutdown that would say close.
        weakref.finalize(self, _hang_up, self._idle)

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        address, _, _ = address_of(request.url)
        payload = encode(request)
        line = self._take(address) or self._connect(address, deadline)
        reusable = False
        try:
            reply = self._exchange(line.socket, address, payload, deadline)
            reusable = reply.reusable
            return reply.response()
        except TransportFault:
            self._names.failed(line.endpoint)
            raise
        finally:
            if reusable:
                self._put_back(address, line)
            else:
                line.socket.close()

    async def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle = dict(self._idle)
            self._idle.clear()
        _hang_up(idle)

    def _exchange(self, connection: socket.socket, address: Address, payload: bytes, deadline: float) -> Reply:
        where, sent, reply = f"{address.host}:{address.port}", False, Reply(tls=address.secure)
        try:
            connection.settimeout(_left(deadline))
            sent = True  # from here on nobody knows
            connection.sendall(payload)
            while not reply.done:
                connection.settimeout(_left(deadline))
                data = connection.recv(_READ_BYTES)
                if data:
                    reply.feed(data)
                else:  # under TLS only a close_notify reads as nothing: see suppress_ragged_eofs
                    reply.end(proven=address.secure)
        except TimeoutError:
            raise TransportFault(f"{where} did not answer in time.", sent=sent) from None
        except ssl.SSLEOFError:
            reply.end(proven=False)
        except OSError as error:
            raise TransportFault(f"The connection to {where} broke ({type(error).__name__}).", sent=sent) from error
        return reply

    def _connect(self, address: Address, deadline: float) -> _Line:
        proxy = self._outgoing.proxy_for(address)
        host, port = (proxy.host, proxy.port) if proxy else (address.host, address.port)
        try:
            endpoints = self._names.resolve(host, port, deadline)
        except (TimeoutError, Unresolved) as error:
            raise not_resolved(host, error) from None
        try:
            connection, endpoint = race(endpoints, deadline, self._names.failed)
        except OSError as error:
            raise not_connected(host, port, error, through=f"{host}:{port}" if proxy else "") from error
        try:
            connection = self._secured(connection, address, proxy, deadline)
        except BaseException as error:
            connection.close()
            self._names.failed(endpoint)
            if isinstance(error, OSError):
                raise not_connected(address.host, address.port, error) from error
            raise
        self._names.worked(endpoint)
        return _Line(connection, endpoint)

    def _secured(
        self, connection: socket.socket, address: Address, proxy: Proxy | None, deadline: float
    ) -> socket.socket:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if proxy is not None:
            tunnel = Tunnel(proxy, address)
            try:
                connection.settimeout(_left(deadline))
                connection.sendall(tunnel.request)
                while not tunnel.feed(connection.recv(_READ_BYTES)):
                    connection.settimeout(_left(deadline))
            except OSError as error:
                raise tunnel.broken(error) from error
        if not address.secure:
            return connection
        connection.settimeout(_left(deadline))
        return self._trust.context().wrap_socket(connection, server_hostname=address.host, suppress_ragged_eofs=False)

    def _take(self, address: Address) -> _Line | None:
        """An idle connection that is young and silent: what has ended meanwhile is seen before a byte is written."""
        while True:
            with self._lock:
                if self._pid != os.getpid():
                    self._idle.clear()  # the parent's sockets are the parent's
                    self._pid = os.getpid()
                idle = self._idle.get(address)
                if not idle:
                    return None
                line, since = idle.pop()
            # Not under the lock: under gevent a look is another's turn, and the lock may be older than its patches.
            if time.monotonic() - since < IDLE_SECONDS and not has_arrived(line.socket.fileno()):
                return line
            line.socket.close()

    def _put_back(self, address: Address, line: _Line) -> None:
        with self._lock:
            idle = self._idle.setdefault(address, deque())
            if len(idle) < MOST_IDLE:
                idle.append((line, time.monotonic()))
                return
        line.socket.close()


def _hang_up(idle: _Idle) -> None:
    for lines in idle.values():
        for line, _ in lines:
            line.socket.close()


def _left(deadline: float) -> float:
    """Seconds left; never zero, which would make the socket non-blocking.

    Raises:
        TimeoutError: none.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
