"""The transport of an event loop: connections as asyncio protocols, kept alive, each used by one request at a time."""

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
from .faults import TransportFault, not_connected, not_resolved
from .names import Endpoint, Names, Unresolved
from .race import race_in_loop
from .readiness import has_arrived
from .trust import Trust
from .tunnel import Tunnel
from .wire import IDLE_SECONDS, MOST_IDLE, Reply, encode

_READ_BYTES = 16 * 1024

_Idle = dict[Address, deque["_Connection"]]


class LoopTransport:
    """Keeps a pool per event loop; a pool does not survive a fork.

    Args:
        trust: a TLS context with an authority of one's own; one that does not verify is refused.
        outgoing: whether requests go through a proxy.
    """

    def __init__(self, trust: ssl.SSLContext | None = None, *, outgoing: Outgoing | None = None) -> None:
        self._trust = Trust(trust)
        self._outgoing = outgoing or Outgoing()
        self._names = Names()
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _Idle] = WeakKeyDictionary()
        self._pid = os.getpid()

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        address, _, _ = address_of(request.url)
        payload = encode(request)
        connection = self._idle_connection(address) or await self._connect(address, deadline)
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                return await connection.exchange(payload)
        except TimeoutError:
            self._names.failed(connection.endpoint)
            where = f"{address.host}:{address.port}"
            raise TransportFault(f"{where} did not answer in time.", sent=connection.written) from None
        except TransportFault:
            self._names.failed(connection.endpoint)
            raise
        finally:
            self._put_back(address, connection)

    async def close(self) -> None:
        """Close what is idle in this loop."""
        for idle in self._pools.pop(asyncio.get_running_loop(), {}).values():
            for connection in idle:
                connection.close()

    def _idle(self, address: Address) -> deque[_Connection]:
        if self._pid != os.getpid():
            self._pools, self._pid = WeakKeyDictionary(), os.getpid()
        return self._pools.setdefault(asyncio.get_running_loop(), {}).setdefault(address, deque())

    def _idle_connection(self, address: Address) -> _Connection | None:
        idle = self._idle(address)
        while idle:
            connection = idle.pop()
            if connection.usable:
                return connection
            connection.close()
        return None

    def _put_back(self, address: Address, connection: _Connection) -> None:
        idle = self._idle(address)
        if connection.reusable and len(idle) < MOST_IDLE:
            connection.idle_since = time.monotonic()
            idle.append(connection)
        else:
            connection.close()

    async def _connect(self, address: Address, deadline: float) -> _Connection:
        proxy = self._outgoing.proxy_for(address)
        host, port = (proxy.host, proxy.port) if proxy else (address.host, address.port)
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                endpoints = await self._names.resolve_in_loop(host, port)
        except (TimeoutError, Unresolved) as error:
            raise not_resolved(host, error) from None
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                raw, endpoint = await race_in_loop(endpoints, deadline, self._names.failed)
        except OSError as error:
            raise not_connected(host, port, error, through=f"{host}:{port}" if proxy else "") from error
        try:
            if proxy is not None:
                await _open(Tunnel(proxy, address), raw, deadline)
            async with asyncio.timeout(deadline - time.monotonic()):
                connection = await self._secured(raw, address, endpoint)
        except BaseException as error:
            raw.close()
            self._names.failed(endpoint)
            if isinstance(error, OSError):  # ssl.SSLError is one, too
                raise not_connected(address.host, address.port, error) from error
            raise
        self._names.worked(endpoint)
        return connection

    async def _secured(self, raw: socket.socket, address: Address, endpoint: Endpoint) -> _Connection:
        context = self._trust.context() if address.secure else None
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: _Connection(endpoint, tls=address.secure),
            sock=raw,
            ssl=context,
            server_hostname=address.host if context else None,
        )
        return connection


async def _open(tunnel: Tunnel, raw: socket.socket, deadline: float) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(deadline - time.monotonic()):
            await loop.sock_sendall(raw, tunnel.request)
            while not tunnel.feed(await loop.sock_recv(raw, _READ_BYTES)):
                pass
    except OSError as error:
        raise tunnel.broken(error) from error


class _Connection(asyncio.Protocol):
    """One connection. ``written`` says that a request began to leave through it and was not answered yet."""

    def __init__(self, endpoint: Endpoint, *, tls: bool) -> None:
        self.endpoint = endpoint
        self._tls = tls
        self._transport: asyncio.Transport | None = None
        self._reply: Reply | None = None
        self._answer: asyncio.Future[HttpResponse] | None = None
        self._descriptor = -1
        self._closed = False
        self.written = False
        self.idle_since = 0.0

    async def exchange(self, payload: bytes) -> HttpResponse:
        assert self._transport is not None
        self._reply = Reply(tls=self._tls)
        self._answer = asyncio.get_running_loop().create_future()
        self.written = True
        self._transport.write(payload)
        response = await self._answer
        self.written = False
        return response

    @property
    def usable(self) -> bool:
        """Idle, young, and silent: an end that has arrived and was not read yet is seen here, before a byte is
        written."""
        young = time.monotonic() - self.idle_since < IDLE_SECONDS
        return young and not self._closed and not has_arrived(self._descriptor)

    @property
    def reusable(self) -> bool:
        return not self._closed and not self.written and self._reply is None

    def close(self) -> None:
        self._closed = True
        if self._transport is not None:
            self._transport.abort()

    # What the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._descriptor = transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        if self._reply is None:
            self.close()  # nobody asked
            return
        try:
            self._reply.feed(data)
        except ProviderError as failure:
            self._fail(failure)
            return
        self._settle(self._reply)

    def eof_received(self) -> None:
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        self._fail(TransportFault("The connection ended before the reply did.", sent=self.written))

    def _end(self) -> None:
        """The other side has finished sending; the loop closes the connection."""
        if self._reply is None:
            self.close()
            return
        try:
            self._reply.end(proven=self._has_said_goodbye())
        except ProviderError as failure:
            self._fail(failure)
            return
        self._settle(self._reply)

    def _has_said_goodbye(self) -> bool:
        """Whether TLS has received a close_notify. The loop reports every end alike; but reading on gives nothing after
        a close_notify, and asks for more bytes after a mere end of the connection."""
        assert self._transport is not None
        tls = self._transport.get_extra_info("ssl_object")
        try:
            return tls is not None and not tls.read(1)
        except ssl.SSLError:
            return False

    def _settle(self, reply: Reply) -> None:
        if not reply.done:
            return
        self._reply = None
        if not reply.reusable:
            self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(reply.response())

    def _fail(self, failure: ProviderError) -> None:
        self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(failure)
