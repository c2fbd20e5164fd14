"""Both transports against a server that does what it should not. Every fact holds for both."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support.authority import Authority
from support.scripted import Scripted, close, drip, flood, hang, reply, reset, scripted
from support.transports import Client

from valetkey.errors import ProviderReplyInvalid, ProviderUnavailable, SettingsError
from valetkey.http_client import REPLY_LIMIT_BYTES, LoopTransport, TransportError, perform
from valetkey.http_client import loop as loop_module
from valetkey.http_client import thread as thread_module
from valetkey.protocols.http import HttpRequest, HttpResponse


def test_a_request_is_sent_as_it_stands_and_answered(client: Client) -> None:
    with scripted(reply(b"hello", "201 Created", "X-Thing: a", "X-Thing: b", "Date: now")) as server:
        answer = client.send(server.url, Authorization="OAuth x")
    (request,) = server.requests
    assert request.startswith(b"POST /x?y=1 HTTP/1.1\r\nHost: localhost:%d\r\n" % server.port)
    assert b"\r\nAuthorization: OAuth x\r\n" in request
    assert b"\r\nContent-Length: 0\r\n" in request
    assert (answer.status, answer.body) == (201, b"hello")
    assert (answer.headers["x-thing"], answer.headers["date"]) == ("a, b", "now")


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        reply(gzip.compress(b"abcde"), "200 OK", "Content-Encoding: gzip"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + reply(b"abcde"),
        b"HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n" + reply(b"abcde"),
    ],
    ids=["chunked", "gzip", "100", "103"],
)
def test_a_body_however_it_comes(client: Client, wire: bytes) -> None:
    with scripted(wire) as server:
        assert client.send(server.url).body == b"abcde"


def test_a_connection_is_kept(client: Client) -> None:
    """Five requests, one connection; after ``Connection: close`` another."""
    with scripted(*[reply()] * 5, reply(b"", "200 OK", "Connection: close"), reply()) as server:
        for _ in range(7):
            client.send(server.url)
    assert server.accepted == 2


def test_one_that_ended_while_it_was_idle_is_no_fault(client: Client) -> None:
    """It is seen before a byte is written, so that nothing is ambiguous."""

    closed = threading.Event()

    def answer_and_close(connection: Any) -> None:
        connection.sendall(reply())
        connection.close()
        closed.set()

    with scripted(answer_and_close, reply()) as server:
        client.send(server.url)
        assert closed.wait(5)
        assert client.send(server.url).status == 200
    assert (server.accepted, len(server.requests)) == (2, 2)


def test_one_whose_descriptor_is_another_sockets_by_now(client: Client) -> None:
    """It ended while it was idle, and the event loop has closed it. What that number says now is not about it."""
    goes, closed = threading.Event(), threading.Event()

    def answer_and_close_later(connection: Any) -> None:
        connection.sendall(reply())
        assert goes.wait(5)
        connection.close()
        closed.set()

    with scripted(answer_and_close_later, reply()) as server:
        client.send(server.url)
        goes.set()
        assert closed.wait(5)
        if client.loop:
            client.run(asyncio.sleep(0.1))
        with contextlib.ExitStack() as others:
            for _ in range(64):
                for other in socket.socketpair():
                    others.enter_context(other)
            assert client.send(server.url).status == 200
    assert (server.accepted, len(server.requests)) == (2, 2)


def test_one_that_was_idle_for_long_is_not_used(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A balancer may have forgotten it without a word."""
    with scripted(*[reply()] * 4) as server:
        for _ in range(2):
            client.send(server.url)
        assert server.accepted == 1  # the control
        for module in (loop_module, thread_module):
            monkeypatch.setattr(module, "IDLE_SECONDS", 0.0)
        for _ in range(2):
            client.send(server.url)
    assert server.accepted == 3


def test_few_idle_ones_are_kept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crowd of logins opens many, and a provider may never close one."""
    for module in (loop_module, thread_module):
        monkeypatch.setattr(module, "MAX_IDLE", 2)
    together = threading.Barrier(5)

    def answer(connection: Any) -> None:
        together.wait(10)
        connection.sendall(reply())

    async def all_at_once(url: str) -> None:
        request = HttpRequest(method="GET", url=url, headers={})
        await asyncio.gather(*(client.transport.send(request, time.monotonic() + 10) for _ in range(5)))

    with scripted(forever=answer) as server, ThreadPoolExecutor(5) as pool:
        for accepted in (5, 8, 11):
            if client.loop:
                client.run(all_at_once(server.url))
            else:
                list(pool.map(lambda _: client.send(server.url, 10.0), range(5)))
            assert server.accepted == accepted


@pytest.mark.parametrize("more", [reply(b"smuggled"), b"HTTP/1.1 100 Continue\r\n\r\n", b"x", b"\0", b"\r\n\r\nx"])
def test_one_that_spoke_without_being_asked_is_dropped(client: Client, more: bytes) -> None:
    """A second reply behind the first, at once or later, is never taken for the next request's. Nor is anything else
    behind a reply the beginning of the next one."""
    with scripted(reply(b"first") + more, reply(b"second")) as server:
        assert client.send(server.url).body == b"first"
        assert client.send(server.url).body == b"second"
    assert server.accepted == 2


def test_one_that_spoke_later_is_dropped(client: Client) -> None:
    """Also where the event loop has read what came."""
    answered, spoken = threading.Event(), threading.Event()

    def speak_later(connection: Any) -> None:
        connection.sendall(reply(b"first"))
        assert answered.wait(5)
        connection.sendall(reply(b"smuggled"))
        spoken.set()

    with scripted(speak_later, reply(b"second")) as server:
        assert client.send(server.url).body == b"first"
        answered.set()
        assert spoken.wait(5)
        if client.loop:
            client.run(asyncio.sleep(0.05))  # several turns of the loop
        assert client.send(server.url).body == b"second"
    assert server.accepted == 2


def fault(client: Client, url: str, budget: float = 3.0) -> TransportError:
    with pytest.raises(TransportError) as raised:
        client.send(url, budget, Authorization="OAuth canary")
    assert "canary" not in str(raised.value)
    return raised.value


def test_nothing_was_sent_where_nobody_listens(client: Client) -> None:
    with scripted() as server:
        url = server.url
    assert not fault(client, url).maybe_sent
    assert not fault(client, "https://no-such-host.invalid/x").maybe_sent


@pytest.mark.parametrize("end", [close, reset], ids=["closed", "reset"])
def test_something_was_sent_where_the_answer_is_missing(client: Client, end: Any) -> None:
    """Also on a connection that was kept: the transport itself never repeats."""
    with scripted(end) as server:
        assert fault(client, server.url).maybe_sent
    with scripted(reply(), end) as server:
        client.send(server.url)
        assert fault(client, server.url).maybe_sent
    assert len(server.requests) == 2


def goes_at_once(listening: socket.socket, context: ssl.SSLContext, last: Callable[[ssl.SSLObject], object]) -> None:
    """Speak TLS 1.2, in which the server ends the handshake, and send that end together with what is last."""
    listening.settimeout(5)
    arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(arrived, leaving, server_side=True)
    connection, _ = listening.accept()
    connection.settimeout(5)
    with connection:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                connection.sendall(leaving.read())
                arrived.write(connection.recv(65536))
        with contextlib.suppress(ssl.SSLWantReadError):
            last(tls)
        connection.sendall(leaving.read())
        with contextlib.suppress(OSError):
            connection.recv(65536)  # the request, or the end


GOES = {
    "says goodbye": (lambda tls: tls.unwrap(), "TransportError"),
    "answers nobody": (lambda tls: tls.write(reply(b"", "408 Request Timeout")), "HttpResponse"),
}


@pytest.mark.parametrize(("last", "read"), GOES.values(), ids=GOES)
def test_one_that_goes_before_a_request_is_written(
    make_client: Callable[..., Client], authority: Authority, trust: ssl.SSLContext, last: Any, read: str
) -> None:
    """A balancer that is busy, or one that is hostile. Nobody waits for the deadline. asyncio has read what came, so
    that nothing is written; the others read it after they have written."""
    context, client = authority.server(), make_client(trust)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=goes_at_once, args=(listening, context, last))
        serving.start()
        url, begun = f"https://localhost:{listening.getsockname()[1]}/", time.monotonic()
        try:
            ended: object = client.send(url, 4.0)
        except TransportError as failure:
            ended = failure
        assert time.monotonic() - begun < 2.0
        serving.join(10)
    assert type(ended).__name__ == ("TransportError" if client.kind == "loop" else read)
    assert getattr(ended, "maybe_sent", True) is (client.kind != "loop")


@pytest.mark.parametrize("slow", [hang, drip])
def test_the_deadline_is_for_the_whole(client: Client, slow: Any) -> None:
    with scripted(slow) as server:
        begun = time.monotonic()
        assert fault(client, server.url, 0.6).maybe_sent
        assert 0.5 < time.monotonic() - begun < 1.1


def test_a_handshake_that_hangs_sent_nothing(client: Client) -> None:
    with scripted(hang) as server:
        begun = time.monotonic()
        assert not fault(client, server.url.replace("http:", "https:"), 0.6).maybe_sent
        assert time.monotonic() - begun < 1.2


TOO_MUCH = {
    "a gigabyte": flood(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", b"x" * 65536),
    "chunks without end": flood(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"ffff\r\n" + b"x" * 65535 + b"\r\n"
    ),
    "headers without end": flood(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"y" * 1000 + b"\r\n"),
    "one header without end": flood(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 65536),
    "a gzip bomb": reply(gzip.compress(b"\0" * (100 << 20)), "200 OK", "Content-Encoding: gzip"),
    "a chunk's extension without end": flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x" * 65536),
    "trailers without end": flood(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: " + b"y" * 1000 + b"\r\n"
    ),
    "informational replies without end": flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "a byte too many": reply(b"x" * (REPLY_LIMIT_BYTES + 1)),
}


@pytest.mark.parametrize("wire", TOO_MUCH.values(), ids=list(TOO_MUCH))
def test_too_much_is_refused_and_not_kept(client: Client, wire: Any) -> None:
    tracemalloc.start()
    try:
        with scripted(wire) as server:
            begun = time.monotonic()
            with pytest.raises((ProviderReplyInvalid, TransportError)):
                client.send(server.url, 5)
            assert time.monotonic() - begun < 4
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_the_limit_itself_is_let_through(client: Client) -> None:
    with scripted(reply(b"x" * REPLY_LIMIT_BYTES)) as server:
        assert len(client.send(server.url).body) == REPLY_LIMIT_BYTES


NOT_HTTP = {
    "garbage": b"SSH-2.0-OpenSSH\r\n\r\n",
    "a truncated body": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    "truncated headers": b"HTTP/1.1 200 OK\r\nContent-Le",
    "no length": b"HTTP/1.1 200 OK\r\n\r\nuser_id=42",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a bad length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "a bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
    "another coding": reply(b"abc", "200 OK", "Content-Encoding: br"),
    "gzip that is none": reply(b"abc", "200 OK", "Content-Encoding: gzip"),
    "gzip cut short": reply(gzip.compress(b"a" * 1000)[:-8], "200 OK", "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("wire", NOT_HTTP.values(), ids=list(NOT_HTTP))
def test_what_can_be_read_in_two_ways_is_refused(client: Client, wire: bytes) -> None:
    def and_close(connection: Any) -> None:
        connection.sendall(wire)
        connection.close()

    with scripted(and_close) as server, pytest.raises((ProviderReplyInvalid, TransportError)) as raised:
        client.send(server.url)
    assert getattr(raised.value, "sent", True)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_an_answer(client: Client, status: str) -> None:
    with scripted(reply(b"", status, "Location: /elsewhere"), forever=reply()) as server:
        assert client.send(server.url).status == int(status[:3])
    assert len(server.requests) == 1


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "a\x1bb", "é", "a\x85b", "a\u2028b"])
def test_a_head_cannot_be_split(client: Client, value: str) -> None:
    with scripted(forever=reply()) as server:
        for url, headers in (
            (server.url, {"X-A": value}),
            (server.url + value.replace("\r", ""), {}),
            (server.url, {value: "x"}),
        ):
            with pytest.raises(ValueError, match="visible ASCII"):
                client.send(url, **headers)
    assert server.requests == []


@pytest.mark.parametrize(
    "url",
    ["http://api.x.com/", "http://127.0.0.1.evil.test/", "http://10.0.0.1/", "ftp://localhost/", "file:///etc/passwd"],
)
def test_plain_http_is_for_this_machine(client: Client, url: str) -> None:
    with pytest.raises(SettingsError):
        client.send(url)


def test_many_at_once_get_their_own(client: Client) -> None:
    with scripted(forever=lambda line: (time.sleep(0.02), line.sendall(reply(b"ok")))[1]) as server:
        if client.loop:

            async def at_once() -> list[HttpResponse]:
                request = HttpRequest(method="POST", url=server.url, headers={})
                return await asyncio.gather(*(client.transport.send(request, time.monotonic() + 5) for _ in range(50)))

            answers = client.run(at_once())
        else:
            with ThreadPoolExecutor(50) as pool:
                answers = list(pool.map(lambda _: client.send(server.url, 5), range(50)))
    assert [answer.body for answer in answers] == [b"ok"] * 50
    assert len(server.requests) == 50


def test_slow_ones_do_not_hold_up_a_quick_one() -> None:
    """A hundred drips in one loop. It is answered while all of them go on."""

    async def together(slow: Scripted, quick: Scripted) -> None:
        transport = LoopTransport()
        requests = [HttpRequest(method="GET", url=slow.url, headers={}) for _ in range(100)]
        drips = [asyncio.ensure_future(transport.send(one, time.monotonic() + 2.5)) for one in requests]
        while len(slow.requests) < len(drips):
            await asyncio.sleep(0.01)
        await transport.send(HttpRequest(method="GET", url=quick.url, headers={}), time.monotonic() + 3)
        assert not any(one.done() for one in drips)
        ended = await asyncio.gather(*drips, return_exceptions=True)
        assert {type(one) for one in ended} == {TransportError}
        await transport.close()

    with scripted(forever=drip) as slow, scripted(reply()) as quick:
        asyncio.run(together(slow, quick))


def test_a_cancelled_request_takes_its_connection_along() -> None:
    async def cancelled(server: Scripted) -> None:
        transport = LoopTransport()
        request = HttpRequest(method="GET", url=server.url, headers={})
        task = asyncio.ensure_future(transport.send(request, time.monotonic() + 5))
        while not server.requests:
            assert not task.done()
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await transport.send(request, time.monotonic() + 5)).body == b"second"
        await transport.close()

    with scripted(hang, reply(b"second")) as server:
        asyncio.run(cancelled(server))
    assert server.accepted == 2


def test_a_child_does_not_speak_on_its_parents_connection() -> None:
    """After a fork each has its own."""
    client = Client("thread")
    with scripted(forever=reply()) as server:
        client.send(server.url)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if client.send(server.url).status == 200 else 1
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        client.send(server.url)
    assert (server.accepted, len(server.requests)) == (2, 3)
    client.stop()


def test_one_transport_in_two_loops() -> None:
    transport = LoopTransport()
    with scripted(forever=reply()) as server:
        for _ in range(2):

            async def once() -> int:
                answer = await transport.send(
                    HttpRequest(method="GET", url=server.url, headers={}), time.monotonic() + 3
                )
                await transport.close()
                return answer.status

            assert asyncio.run(once()) == 200


# TLS


def test_a_good_certificate(make_client: Callable[..., Client], authority: Authority) -> None:
    """The control: with this authority trusted, two requests on one connection."""
    client = make_client(ssl.create_default_context(cafile=str(authority.file)))
    with scripted(forever=reply(b"sealed"), tls=authority.server()) as server:
        assert [client.send(server.url).body for _ in range(2)] == [b"sealed"] * 2
    assert server.accepted == 1


@pytest.mark.parametrize("wrong", [{"host": "other.test"}, {"days": -1}, None], ids=["host", "expired", "unknown"])
def test_a_bad_certificate_is_told_nothing(
    make_client: Callable[..., Client], authority: Authority, wrong: dict[str, Any] | None
) -> None:
    client = make_client(ssl.create_default_context(cafile=str(authority.file)) if wrong else None)
    with scripted(forever=reply(), tls=authority.server(**(wrong or {}))) as server:
        refused = fault(client, server.url)
    assert not refused.maybe_sent
    assert "certificate" in refused.hint
    assert server.requests == []


def test_an_old_protocol_is_refused(make_client: Callable[..., Client], authority: Authority) -> None:
    old = authority.server()
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    client = make_client(ssl.create_default_context(cafile=str(authority.file)))
    with scripted(forever=reply(), tls=old) as server:
        assert not fault(client, server.url).maybe_sent
    assert server.requests == []


def test_verification_cannot_be_turned_off(make_client: Callable[..., Client]) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    careless = ssl.create_default_context()
    careless.check_hostname = False
    careless.verify_mode = ssl.CERT_NONE
    for context in (trusting, careless):
        with pytest.raises(ValueError, match="verify"):
            make_client(context)


# Conversations


def talk(
    url: str, requests: int, *, forgiving: bool = False, log: list[str]
) -> Generator[HttpRequest, HttpResponse, list[Any]]:
    heard: list[Any] = []
    try:
        for _ in range(requests):
            try:
                heard.append((yield HttpRequest(method="GET", url=url, headers={})).status)
            except ProviderUnavailable as missing:
                if not forgiving:
                    raise
                heard.append(type(missing).__name__)
        return heard
    finally:
        log.append("closed")


def test_a_conversation_has_one_deadline(client: Client) -> None:
    def late(connection: Any) -> None:
        time.sleep(0.4)
        connection.sendall(reply())

    log: list[str] = []
    with scripted(late, late, late) as server:
        begun = time.monotonic()
        with pytest.raises(TransportError):
            client.run(perform(talk(server.url, 3, log=log), client.transport, budget_seconds=0.7))
        assert time.monotonic() - begun < 1.1
    assert log == ["closed"]


def test_a_conversation_may_go_on_after_a_fault(client: Client) -> None:
    log: list[str] = []
    heard: list[HttpResponse] = []
    with scripted(reply(), close, reply(b"", "404 Not Found")) as server:
        flow = talk(server.url, 3, forgiving=True, log=log)
        result = client.run(perform(flow, client.transport, budget_seconds=3, on_response=heard.append))
    assert result == [200, "TransportError", 404]
    assert [response.status for response in heard] == [200, 404]
    assert log == ["closed"]
