"""The transport of an event loop: connections as asyncio protocols, kept alive, each used by one request at a time."""

from __future__ import annotations

import asyncio
import os
import select
import ssl
import time
from collections import deque
from typing import cast
from weakref import WeakKeyDictionary

from ..errors import ProviderError
from ..protocol.messages import HttpRequest, HttpResponse
from .wire import IDLE_SECONDS, MOST_IDLE, Address, Reply, TransportFault, Trust, address_of, encode, not_connected

_Idle = dict[Address, deque["_Connection"]]


class LoopTransport:
    """Keeps a pool per event loop; a pool does not survive a fork.

    Args:
        trust: a TLS context with an authority of one's own; one that does not verify is refused.
    """

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self._trust = Trust(trust)
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _Idle] = WeakKeyDictionary()
        self._pid = os.getpid()

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        address, _, _ = address_of(request.url)
        payload = encode(request)
        connection = self._idle_connection(address)
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                if connection is None:
                    connection = await self._connect(address)
                response = await connection.exchange(payload)
        except TimeoutError:
            sent = connection is not None and connection.written
            phase = "did not answer" if sent else "could not be reached"
            raise TransportFault(f"{address.host}:{address.port} {phase} in time.", sent=sent) from None
        finally:
            if connection is not None:
                self._put_back(address, connection)
        return response

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

    async def _connect(self, address: Address) -> _Connection:
        context = self._trust.context() if address.secure else None
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                _Connection, address.host, address.port, ssl=context, server_hostname=address.host if context else None
            )
        except OSError as error:  # ssl.SSLError is one too, and so is a name that does not resolve
            raise not_connected(address, error) from error
        return connection


class _Connection(asyncio.Protocol):
    """One connection. ``written`` says that a request began to leave through it and was not answered yet."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._reply: Reply | None = None
        self._answer: asyncio.Future[HttpResponse] | None = None
        self._poll = select.poll()
        self._closed = False
        self.written = False
        self.idle_since = 0.0

    async def exchange(self, payload: bytes) -> HttpResponse:
        assert self._transport is not None
        self._reply = Reply()
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
        return young and not self._closed and not self._poll.poll(0)

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
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN | select.POLLHUP)

    def data_received(self, data: bytes) -> None:
        if self._reply is None:
            self.close()  # nobody asked
            return
        try:
            self._reply.feed(data)
        except ProviderError as failure:
            self._fail(failure)
            return
        if self._reply.done:
            response, reusable = self._reply.response(), self._reply.reusable
            self._reply = None
            if not reusable:
                self.close()
            if self._answer is not None and not self._answer.done():
                self._answer.set_result(response)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(TransportFault("The connection ended before the reply did.", sent=self.written))

    def _fail(self, failure: ProviderError) -> None:
        self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(failure)
