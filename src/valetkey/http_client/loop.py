"""The transport for event loops.

How this works: each connection is an ``asyncio.Protocol`` that reads one reply at a time. When a reply is complete, the
connection goes into a pool of idle ones, per event loop and per address. The next request to that address takes the
connection that was used last, if it is young and nothing has arrived on it. A fork starts with empty pools, because the
sockets belong to the parent.

Where a provider hangs, thousands of requests wait here at the same time. Python's garbage collector stops the process
to look through all that they keep. So a request that waits has few objects, and one that has ended leaves no cycle of
references: an exception holds each frame that it passes, and no frame may hold the exception.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections import deque
from typing import cast
from weakref import WeakKeyDictionary

from ..errors import ProviderError
from ..protocols.http import HttpRequest, HttpResponse
from ..settings.outgoing import Address, Outgoing, address_of
from .race import race_in_loop
from .readiness import is_readable
from .resolver import Endpoint, ResolutionError, Resolver
from .tls import TlsContext
from .transport_error import TransportError, not_connected, not_resolved
from .tunnel import Tunnel
from .wire import IDLE_SECONDS, MAX_IDLE, ReplyReader, encode_request

_READ_BYTES = 16 * 1024

_Idle = dict[Address, deque["_Connection"]]


class LoopTransport:
    """Sends requests in an event loop. One instance serves all loops of a process.

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
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _Idle] = WeakKeyDictionary()
        self._pid = os.getpid()

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        address, _, _ = address_of(request.url)
        payload = encode_request(request)
        idle = self._idle(address)
        connection = _taken(idle) or await self._connect(address, deadline)
        try:
            response = await connection.exchange(payload, deadline - time.monotonic())
        except TransportError:
            self._resolver.record_failure(connection.endpoint)
            raise
        finally:
            _put_back(idle, connection)
        if response is None:
            self._resolver.record_failure(connection.endpoint)
            where = f"{address.host}:{address.port}"
            raise TransportError(f"{where} did not answer in time.", maybe_sent=connection.written)
        return response

    async def close(self) -> None:
        """Close the idle connections of this event loop."""
        for idle in self._pools.pop(asyncio.get_running_loop(), {}).values():
            for connection in idle:
                connection.close()

    def _idle(self, address: Address) -> deque[_Connection]:
        if self._pid != os.getpid():
            self._pools, self._pid = WeakKeyDictionary(), os.getpid()
        return self._pools.setdefault(asyncio.get_running_loop(), {}).setdefault(address, deque())

    async def _connect(self, address: Address, deadline: float) -> _Connection:
        proxy = self._outgoing.proxy_for(address)
        host, port = (proxy.host, proxy.port) if proxy else (address.host, address.port)
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                endpoints = await self._resolver.resolve_in_loop(host, port)
        except (TimeoutError, ResolutionError) as error:
            raise not_resolved(host, error) from None
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                raw, endpoint = await race_in_loop(endpoints, deadline, self._resolver.record_failure)
        except OSError as error:
            raise not_connected(host, port, error, through=f"{host}:{port}" if proxy else "") from error
        try:
            if proxy is not None:
                await _open_tunnel(Tunnel(proxy, address), raw, deadline)
            async with asyncio.timeout(deadline - time.monotonic()):
                connection = await self._secured(raw, address, endpoint)
        except BaseException as error:
            raw.close()
            self._resolver.record_failure(endpoint)
            if isinstance(error, OSError):  # includes ssl.SSLError
                raise not_connected(address.host, address.port, error) from error
            raise
        self._resolver.record_success(endpoint)
        return connection

    async def _secured(self, raw: socket.socket, address: Address, endpoint: Endpoint) -> _Connection:
        context = self._tls_context.get() if address.secure else None
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: _Connection(endpoint, tls=address.secure),
            sock=raw,
            ssl=context,
            server_hostname=address.host if context else None,
        )
        return connection


def _taken(idle: deque[_Connection]) -> _Connection | None:
    """Take a connection out of the idle ones. None if none of them may be used."""
    while idle:
        connection = idle.pop()
        if connection.usable:
            return connection
        connection.close()
    return None


def _put_back(idle: deque[_Connection], connection: _Connection) -> None:
    if connection.reusable and len(idle) < MAX_IDLE:
        connection.idle_since = time.monotonic()
        idle.append(connection)
    else:
        connection.close()


async def _open_tunnel(tunnel: Tunnel, raw: socket.socket, deadline: float) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(deadline - time.monotonic()):
            await loop.sock_sendall(raw, tunnel.request)
            while not tunnel.feed(await loop.sock_recv(raw, _READ_BYTES)):
                pass
    except OSError as error:
        raise tunnel.broken(error) from error


class _Connection(asyncio.Protocol):
    """One connection. ``written`` is true from the first byte of a request until its reply is complete."""

    def __init__(self, endpoint: Endpoint, *, tls: bool) -> None:
        self.endpoint = endpoint
        self._tls = tls
        self._transport: asyncio.Transport | None = None
        self._reply: ReplyReader | None = None  # from its first byte to its end
        self._answer: asyncio.Future[HttpResponse | None] | None = None  # while a request waits
        self._descriptor = -1
        self._closed = False
        self.written = False
        self.idle_since = 0.0

    async def exchange(self, payload: bytes, seconds: float) -> HttpResponse | None:
        """Send a request, and wait for its reply.

        Returns:
            The reply. None if there was none in this time.

        Raises:
            TransportError: the connection has ended. Nothing was sent if it had ended before.
            ProviderReplyInvalid: the reply is not usable.
        """
        assert self._transport is not None
        if self._closed:  # the end, or a reply to nobody, may come together with the end of the handshake
            raise TransportError("The connection ended before the request was sent.", maybe_sent=False)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[HttpResponse | None] = loop.create_future()
        self._answer = answer
        self.written = True
        self._transport.write(payload)
        # One timer, and no asyncio.timeout, which takes more steps: nothing has to be cancelled but this wait.
        timer = loop.call_later(seconds, self._give_up)
        try:
            response = await answer
        finally:
            timer.cancel()
            self._answer = None
            del answer  # it may have an exception, which holds this frame
        if response is not None:
            self.written = False
        return response

    @property
    def usable(self) -> bool:
        """Whether an idle connection may carry another request: it is young, and nothing has arrived on it. An end that
        has arrived and was not read yet is seen here, before a byte is written."""
        young = time.monotonic() - self.idle_since < IDLE_SECONDS
        return young and not self._closed and not is_readable(self._descriptor)

    @property
    def reusable(self) -> bool:
        return not self._closed and not self.written

    def close(self) -> None:
        self._closed = True
        if self._reply is not None:
            self._reply.close()
        if self._transport is not None:
            self._transport.abort()

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has the same methods and another base class
        self._descriptor = transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # no request is waiting for it
            return
        if self._reply is None:
            self._reply = ReplyReader(tls=self._tls)
        try:
            self._reply.feed(data)
        except ProviderError as failure:
            self._fail(failure)
            return
        self._complete(self._reply)

    def eof_received(self) -> None:
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        self._fail(TransportError("The connection ended before the reply did.", maybe_sent=self.written))

    def _end(self) -> None:
        """The other side has finished sending. The event loop closes the connection."""
        if self._reply is None:
            self.close()
            return
        try:
            self._reply.end(proven=self._has_close_notify())
        except ProviderError as failure:
            self._fail(failure)
            return
        self._complete(self._reply)

    def _has_close_notify(self) -> bool:
        """Whether TLS has received a close_notify. The event loop reports every end in the same way. But another read
        returns nothing after a close_notify, and asks for more bytes if the connection has merely ended."""
        assert self._transport is not None
        tls = self._transport.get_extra_info("ssl_object")
        try:
            return tls is not None and not tls.read(1)
        except ssl.SSLError:
            return False

    def _complete(self, reply: ReplyReader) -> None:
        if not reply.done:
            return
        self._reply = None
        if not reply.reusable:
            self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(reply.response())

    def _give_up(self) -> None:
        """The time is over."""
        self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)

    def _fail(self, failure: ProviderError) -> None:
        self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(failure)
