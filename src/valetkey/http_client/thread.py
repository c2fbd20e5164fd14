"""The blocking transport: plain sockets in the calling thread.

How this works: the coroutines here never suspend, so ``ThreadRunner`` steps them to their end. A connection belongs to
one thread while a request uses it. Between requests it is in a pool, per address, that all threads share. A fork starts
with an empty pool, because the sockets belong to the parent. No thread stays behind, except a name lookup that the
system's resolver has not finished (see ``resolver``).
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
from .race import race
from .readiness import is_readable
from .resolver import Endpoint, ResolutionError, Resolver
from .tls import TlsContext
from .transport_error import TransportError, not_connected, not_resolved
from .tunnel import Tunnel
from .wire import IDLE_SECONDS, MAX_IDLE, ReplyReader, encode_request

_READ_BYTES = 16 * 1024


class _Connection(NamedTuple):
    """An open connection and the address at its other end."""

    socket: socket.socket
    endpoint: Endpoint


_Idle = dict[Address, deque[tuple[_Connection, float]]]


class ThreadTransport:
    """Sends requests in the calling thread. One instance serves all threads of a process.

    Args:
        ssl_context: a TLS context with a certificate authority of your own.
        outgoing: which requests go through which proxy.

    Raises:
        ValueError: the TLS context does not verify certificates and host names.
    """

    def __init__(self, ssl_context: ssl.SSLContext | None = None, *, outgoing: Outgoing | None = None) -> None:
        self._tls_context = TlsContext(ssl_context)
        self._outgoing = outgoing or Outgoing()
        self._resolver = Resolver()
        self._lock = threading.Lock()
        self._idle: _Idle = {}
        self._pid = os.getpid()
        # A synchronous app has no shutdown hook that could call close().
        weakref.finalize(self, _close_all, self._idle)

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        address, _, _ = address_of(request.url)
        payload = encode_request(request)
        connection = self._take(address) or self._connect(address, deadline)
        reusable = False
        try:
            reply = self._exchange(connection.socket, address, payload, deadline)
            reusable = reply.reusable
            return reply.response()
        except TransportError:
            self._resolver.record_failure(connection.endpoint)
            raise
        finally:
            if reusable:
                self._put_back(address, connection)
            else:
                connection.socket.close()

    async def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            idle = dict(self._idle)
            self._idle.clear()
        _close_all(idle)

    def _exchange(self, connection: socket.socket, address: Address, payload: bytes, deadline: float) -> ReplyReader:
        where, sent, reply = f"{address.host}:{address.port}", False, ReplyReader(tls=address.secure)
        try:
            connection.settimeout(_left(deadline))
            sent = True  # from here on, a byte may have reached the provider
            connection.sendall(payload)
            while not reply.done:
                connection.settimeout(_left(deadline))
                data = connection.recv(_READ_BYTES)
                if data:
                    reply.feed(data)
                else:  # under TLS only a close_notify reads as nothing, because of suppress_ragged_eofs=False
                    reply.end(proven=address.secure)
        except TimeoutError:
            raise TransportError(f"{where} did not answer in time.", maybe_sent=sent) from None
        except ssl.SSLEOFError:
            reply.end(proven=False)
        except OSError as error:
            hint = f"The connection to {where} broke ({type(error).__name__})."
            raise TransportError(hint, maybe_sent=sent) from error
        finally:
            reply.close()
        return reply

    def _connect(self, address: Address, deadline: float) -> _Connection:
        proxy = self._outgoing.proxy_for(address)
        host, port = (proxy.host, proxy.port) if proxy else (address.host, address.port)
        try:
            endpoints = self._resolver.resolve(host, port, deadline)
        except (TimeoutError, ResolutionError) as error:
            raise not_resolved(host, error) from None
        try:
            connection, endpoint = race(endpoints, deadline, self._resolver.record_failure)
        except OSError as error:
            raise not_connected(host, port, error, through=f"{host}:{port}" if proxy else "") from error
        try:
            connection = self._secured(connection, address, proxy, deadline)
        except BaseException as error:
            connection.close()
            self._resolver.record_failure(endpoint)
            if isinstance(error, OSError):
                raise not_connected(address.host, address.port, error) from error
            raise
        self._resolver.record_success(endpoint)
        return _Connection(connection, endpoint)

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
        return self._tls_context.get().wrap_socket(connection, server_hostname=address.host, suppress_ragged_eofs=False)

    def _take(self, address: Address) -> _Connection | None:
        """Take an idle connection that is young and on which nothing has arrived. One that has ended in the meantime is
        seen here, before a byte is written."""
        while True:
            with self._lock:
                if self._pid != os.getpid():
                    self._idle.clear()  # the sockets belong to the parent
                    self._pid = os.getpid()
                idle = self._idle.get(address)
                if not idle:
                    return None
                connection, since = idle.pop()
            # Not under the lock: under gevent this switches greenlets, and the lock may be from before the patching.
            if time.monotonic() - since < IDLE_SECONDS and not is_readable(connection.socket.fileno()):
                return connection
            connection.socket.close()

    def _put_back(self, address: Address, connection: _Connection) -> None:
        with self._lock:
            idle = self._idle.setdefault(address, deque())
            if len(idle) < MAX_IDLE:
                idle.append((connection, time.monotonic()))
                return
        connection.socket.close()


def _close_all(idle: _Idle) -> None:
    for connections in idle.values():
        for connection, _ in connections:
            connection.socket.close()


def _left(deadline: float) -> float:
    """Return the seconds until the deadline. Never zero, because that would make the socket non-blocking.

    Raises:
        TimeoutError: the deadline has passed.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
