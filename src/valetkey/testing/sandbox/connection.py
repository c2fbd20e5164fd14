"""One connection to the sandbox: HTTP/1.1 in, one answer after the other out. It can be dropped without an answer."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable
from http import HTTPStatus

import httptools

from .messages import Handler, Request, Response, Silence

log = logging.getLogger("valetkey.sandbox")

_MAX_BODY_BYTES = 1024 * 1024
_MAX_HEAD_BYTES = 64 * 1024


class Connection(asyncio.Protocol):
    """A connection. Requests that come while another is answered wait for their turn.

    Args:
        app: answers.
        connections: all that are open. This one adds and removes itself.

    Attributes:
        closed: is done when the connection has been closed.
    """

    def __init__(self, app: Handler, connections: set[Connection]) -> None:
        self._app = app
        self._connections = connections
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._task: asyncio.Task[None] | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._may_write = asyncio.Event()
        self._is_finishing = False
        self._clear()

    def finish(self) -> None:
        """Close after the answer that is under way."""
        self._is_finishing = True
        if self._task is None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    # asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        # Head and body are two writes. Without this option the second one waits 40 ms for the client's acknowledgement.
        # asyncio sets it only for sockets that were made with the protocol's number, and those of server.py were not.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._may_write.set()
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        if self._task is not None:
            self._task.cancel()
        self.closed.set_result(None)

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # nobody may upgrade: the request is answered as any other
        except (httptools.HttpParserError, ValueError):
            self._refuse(400)

    # httptools

    def _clear(self) -> None:
        self._target, self._content, self._head_bytes = b"", b"", 0
        self._headers: list[tuple[bytes, bytes]] = []

    def on_message_begin(self) -> None:
        self._clear()

    def on_url(self, url: bytes) -> None:
        self._target += url
        self._count_head(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))
        self._count_head(name + value)

    def on_body(self, body: bytes) -> None:
        self._content += body
        if len(self._content) > _MAX_BODY_BYTES:
            raise ValueError("the body is too long")

    def on_message_complete(self) -> None:
        request = Request(
            method=self._parser.get_method().decode("ascii"),
            target=self._target,
            raw_headers=self._headers,
            content=self._content,
            abort=self.abort,
            on_close=self._on_close,
        )
        self._waiting.append((request, self._parser.should_keep_alive()))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._answer_all())

    def _on_close(self, called: Callable[[], None]) -> None:
        self.closed.add_done_callback(lambda _: called())

    def _count_head(self, read: bytes) -> None:
        self._head_bytes += len(read)
        if self._head_bytes > _MAX_HEAD_BYTES:
            raise ValueError("the head is too long")

    # Answers

    async def _answer_all(self) -> None:
        while self._waiting:
            request, keeps_alive = self._waiting.popleft()
            try:
                response = await self._app(request)
            except Exception:
                log.exception("the sandbox failed at %s", request.path)
                response = Response("The sandbox failed; its log says why.\n", 500, media_type="text/plain")
            if isinstance(response, Silence):
                return
            keeps_alive = keeps_alive and response.headers.pop("connection", "") != "close" and not self._is_finishing
            await self._send(response, has_body=request.method != "HEAD", keeps_alive=keeps_alive)
            if not keeps_alive:
                self._transport.close()
                return
        self._task = None

    async def _send(self, response: Response, *, has_body: bool, keeps_alive: bool) -> None:
        headers = response.raw_headers()
        if (length := response.length()) is not None:
            headers.append(("content-length", str(length)))
        if not keeps_alive:
            headers.append(("connection", "close"))
        status = response.status_code
        lines = [f"HTTP/1.1 {status} {_reason(status)}", *(f"{name}: {value}" for name, value in headers), "", ""]
        self._transport.write("\r\n".join(lines).encode("latin-1"))
        if has_body:
            async for part in response.chunks():
                self._transport.write(part)
                await self._may_write.wait()

    def _refuse(self, status: int) -> None:
        self._transport.write(
            f"HTTP/1.1 {status} {_reason(status)}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()
        )
        self._transport.close()


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
