"""A request that has ended leaves nothing to Python's garbage collector, which stops a process with many logins."""

from __future__ import annotations

import gc
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.deaf import answers
from support.scripted import close, drip, hang, reply, scripted
from support.servers import free_port
from support.transports import Client

from valetkey.errors import ProviderError
from valetkey.protocols.http import HttpRequest, HttpResponse

ENDS = {
    "answered": (reply(b"hello"), "HttpResponse"),
    "answered, and not kept": (reply(b"hello", "200 OK", "Connection: close"), "HttpResponse"),
    "refused in its head": (reply(b"hello", "200 OK", "Content-Encoding: br"), "ProviderReplyInvalid"),
    "refused in its body": (reply(b"x" * 65537), "ProviderReplyInvalid"),
    "not HTTP": (b"hello\r\n\r\n", "TransportError"),
    "no reply": (close, "TransportError"),
    "no reply in time": (hang, "TransportError"),
    "half a reply": (drip, "TransportError"),
}
SLOW = (hang, drip)  # these end with their time alone


@pytest.fixture
def garbage() -> Iterator[Callable[[], list[str]]]:
    """What only the collector would have found, of what a request makes."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:

        def found() -> list[str]:
            gc.collect()
            return sorted(type(one).__name__ for one in gc.garbage if is_of_a_request(one))

        yield found
    finally:
        gc.set_debug(0)
        gc.enable()
        gc.garbage.clear()


def is_of_a_request(one: object) -> bool:
    """asyncio's own transports are cycles, and are none of ours."""
    made = type(one).__name__ in {"ReplyReader", "HttpResponseParser", "_Connection", "_Lookup", "_Attempts"}
    return made or isinstance(one, (HttpRequest, HttpResponse, ProviderError, OSError))


def sent(client: Client, url: str, seconds: float = 3.0) -> str:
    """How a request ends."""

    async def send() -> str:
        request = HttpRequest(method="POST", url=url, headers={})
        try:
            return type(await client.transport.send(request, time.monotonic() + seconds)).__name__
        except ProviderError as failure:
            return type(failure).__name__

    ended: str = client.run(send())
    return ended


@pytest.mark.parametrize(("step", "end"), ENDS.values(), ids=ENDS)
def test_a_request_that_has_ended(client: Client, garbage: Callable[[], list[str]], step: Any, end: str) -> None:
    with scripted(step) as server:
        assert sent(client, server.url, 0.3 if step in SLOW else 3.0) == end
    assert garbage() == []


@pytest.mark.parametrize("hosts", [["127.0.0.2"], ["127.0.0.2", "127.0.0.3"]], ids=["one address", "two addresses"])
def test_a_connection_that_was_refused(
    client: Client, garbage: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch, hosts: list[str]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, *_: answers(hosts, port))
    assert sent(client, f"http://localhost:{free_port()}/") == "TransportError"
    assert garbage() == []
