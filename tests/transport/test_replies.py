"""Replies as servers write them: those that end with their connection, those in another protocol, and those that are
nothing at all. What comes out is a reply that is whole, or an error with a name."""

from __future__ import annotations

import gzip
import os
import random
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest
from support.authority import Authority
from support.scripted import flood, reply, reset, scripted
from support.transports import Client

from valetkey.errors import ProviderError, ProviderReplyInvalid
from valetkey.http_client import TransportError
from valetkey.http_client.wire import ReplyReader, encode_request
from valetkey.protocols.http import HttpRequest

Make = Callable[..., Client]

HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"
ZIPPED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
BODY = b"user_id=4217"
PACKED = gzip.compress(BODY * 50)


def goodbye(connection: socket.socket) -> None:
    """The end, as TLS says it."""
    assert isinstance(connection, ssl.SSLSocket)
    connection.settimeout(2)
    connection.unwrap().close()


def cut(connection: socket.socket) -> None:
    """The end, as anybody on the way can make it."""
    socket.socket.shutdown(connection, socket.SHUT_RDWR)


def then(wire: bytes, end: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    def step(connection: socket.socket) -> None:
        connection.sendall(wire)
        end(connection)

    return step


@pytest.mark.parametrize(
    ("wire", "end", "body"),
    [
        (HEAD + BODY, goodbye, BODY),
        (HEAD.replace(b"1.0", b"1.1").replace(b"200 OK", b"201 Created") + BODY, goodbye, BODY),
        (HEAD.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n") + BODY, goodbye, BODY),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + BODY, goodbye, BODY),
        (HEAD, goodbye, b""),
        (ZIPPED + PACKED, goodbye, BODY * 50),
        (ZIPPED + PACKED, cut, BODY * 50),
    ],
    ids=["HTTP/1.0", "HTTP/1.1", "keep-alive", "100", "empty", "gzip", "gzip, no close_notify"],
)
def test_a_reply_that_ends_with_its_connection(
    make_client: Make, authority: Authority, trust: ssl.SSLContext, wire: bytes, end: Any, body: bytes
) -> None:
    with scripted(then(wire, end), then(HEAD + b"next", goodbye), tls=authority.server()) as server:
        client = make_client(trust)
        assert client.send(server.url).body == body
        assert client.send(server.url).body == b"next"
    assert server.accepted == 2


@pytest.mark.parametrize(
    ("wire", "end"),
    [
        (HEAD + BODY[:-2], cut),
        (HEAD + BODY[:-2], reset),
        (HEAD, cut),
        (ZIPPED + PACKED[:-9], goodbye),
        (ZIPPED + PACKED[:-9], cut),
        (ZIPPED + PACKED[:3], cut),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" + BODY[:-2], goodbye),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n" + BODY[:-2], goodbye),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n" + PACKED, goodbye),
        (HEAD[:-2], goodbye),
        (b"", goodbye),
    ],
    ids=[
        "cut",
        "reset",
        "cut at once",
        "gzip",
        "gzip, cut",
        "gzip's head",
        "length",
        "chunk",
        "coding",
        "head",
        "none",
    ],
)
def test_one_that_may_be_cut_short_is_refused(
    make_client: Make, authority: Authority, trust: ssl.SSLContext, wire: bytes, end: Any
) -> None:
    """``user_id=42`` is not ``user_id=4217``."""
    client = make_client(trust)
    with (
        scripted(then(wire, end), tls=authority.server()) as server,
        pytest.raises((ProviderReplyInvalid, TransportError)) as raised,
    ):
        client.send(server.url)
    assert getattr(raised.value, "maybe_sent", True)
    assert len(server.requests) == 1


HEADS = {
    "length": lambda body: b"Content-Length: %d\r\n\r\n%s" % (len(body), body),
    "chunks": lambda body: (
        b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"1\r\n%c\r\n" % octet for octet in body) + b"0\r\n\r\n"
    ),
}


MORE = {"a member": gzip.compress(b"17"), "text": b"17", "NUL": b"\0", "a head": gzip.compress(b"")[:10]}


@pytest.mark.parametrize("more", MORE.values(), ids=MORE)
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_gzip_that_goes_on_after_its_end(client: Client, head: Callable[[bytes], bytes], more: bytes) -> None:
    """A second member goes on with the text of the first (RFC 1952 §2.2), and some readers take the first alone."""
    first = gzip.compress(b"user_id=42")
    start = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
    with scripted(start + head(first), forever=start + head(first + more)) as server:
        assert client.send(server.url).body == b"user_id=42"  # the control
        with pytest.raises(ProviderReplyInvalid) as raised:
            client.send(server.url)
    assert "gzip" in raised.value.hint


@pytest.mark.parametrize("coding", ["gzip, chunked", "chunked, chunked", "x, chunked"])
def test_another_transfer_coding(client: Client, coding: str) -> None:
    """The chunks have something else in them than the reply (RFC 9112 §7)."""
    wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    with scripted(wire % b"Chunked", forever=wire % coding.encode()) as server:
        assert client.send(server.url).body == b"ok"  # the control
        with pytest.raises(ProviderReplyInvalid) as raised:
            client.send(server.url)
    assert "transfer coding" in raised.value.hint


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_a_status_without_a_body_needs_no_length(client: Client, status: str) -> None:
    """RFC 9112 §6.3. Its end is that of its head, so its connection is kept."""
    with scripted(f"HTTP/1.1 {status}\r\n\r\n".encode(), reply(b"next")) as server:
        assert client.send(server.url).status == int(status[:3])
        assert client.send(server.url).body == b"next"
    assert server.accepted == 1


def test_a_trailer_is_no_header(client: Client) -> None:
    """RFC 9110 §6.5.1. What judges a reply has been read before its body."""
    trailers = b"Date: then\r\nWWW-Authenticate: OAuth oauth_problem=x\r\nX-More: y\r\n"
    wire = b"HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" + trailers + b"\r\n"
    with scripted(wire, reply(b"next")) as server:
        answer = client.send(server.url)
        assert (answer.body, dict(answer.headers)) == (b"ok", {"date": "now", "transfer-encoding": "chunked"})
        assert client.send(server.url).body == b"next"
    assert server.accepted == 1


@pytest.mark.parametrize("end", [cut, reset], ids=["cut", "reset"])
def test_plain_http_proves_no_end(client: Client, end: Any) -> None:
    """A server that dies in mid-reply ends it in the same way, so only gzip's own trailer counts."""
    with scripted(then(HEAD + BODY, end)) as server, pytest.raises(ProviderError) as raised:
        client.send(server.url)
    assert "Content-Length" in raised.value.hint
    with scripted(then(ZIPPED + PACKED[:-9], cut)) as server, pytest.raises(ProviderError):
        client.send(server.url)
    with scripted(then(ZIPPED + PACKED, cut)) as server:
        assert client.send(server.url).body == BODY * 50


def test_one_without_end_is_bounded(make_client: Make, authority: Authority, trust: ssl.SSLContext) -> None:
    with scripted(flood(HEAD, b"x" * 65536), tls=authority.server()) as server, pytest.raises(ProviderReplyInvalid):
        make_client(trust).send(server.url, 5)


UPGRADES = [
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nab",
]


@pytest.mark.parametrize("wire", UPGRADES)
def test_a_change_of_protocol_has_a_name(client: Client, wire: bytes) -> None:
    with scripted(wire) as server, pytest.raises(ProviderReplyInvalid) as raised:
        client.send(server.url)
    assert "101" in raised.value.hint


def test_a_change_of_protocol_behind_a_reply_is_dropped(client: Client) -> None:
    """Nobody asked for it: the reply counts, and its connection is not used again."""
    with scripted(reply(b"first") + UPGRADES[1], reply(b"second")) as server:
        assert client.send(server.url).body == b"first"
        assert client.send(server.url).body == b"second"
    assert server.accepted == 2


def test_an_offer_to_change_is_no_change(client: Client) -> None:
    """The control: servers that know HTTP/2 say so in ordinary replies."""
    with scripted(b"HTTP/1.1 200 OK\r\nConnection: upgrade\r\nUpgrade: h2\r\nContent-Length: 2\r\n\r\nok") as server:
        assert client.send(server.url).body == b"ok"


def read(wire: bytes, pieces: list[int], *, tls: bool, proven: bool) -> int | None:
    """The status of a whole reply, or None for an error with a name."""
    answer = ReplyReader(tls=tls)
    try:
        for size in pieces:
            piece, wire = wire[:size], wire[size:]
            if piece and not answer.done:
                answer.feed(piece)
        if wire and not answer.done:
            answer.feed(wire)
        answer.end(proven=proven)
    except (TransportError, ProviderReplyInvalid):
        return None
    assert answer.done
    return answer.response().status


@pytest.mark.parametrize("more", ["", "Connection: upgrade\r\nUpgrade: x\r\n", "Transfer-Encoding: chunked\r\n"])
@pytest.mark.parametrize("tls", [True, False])
def test_every_status(tls: bool, more: str) -> None:
    """All of 100 to 999, with a body and without: an informational one is no reply, every other is."""
    body = "2\r\nok\r\n0\r\n\r\n" if "chunked" in more else "ok"
    length = "" if "chunked" in more else "Content-Length: 2\r\n"
    for status in range(100, 1000):
        got = read(f"HTTP/1.1 {status} X\r\n{more}{length}\r\n{body}".encode(), [], tls=tls, proven=True)
        assert got == (status if status >= 200 else None), status
        read(f"HTTP/1.1 {status}\r\n{more}\r\n".encode(), [], tls=tls, proven=True)


WHOLE = [
    HEAD + BODY,
    ZIPPED + PACKED,
    UPGRADES[1],
    b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" + BODY,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\nc;a=b\r\n" + BODY + b"\r\n0\r\nTrailer: z\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    b"",
]


def test_noise_comes_out_as_an_error_with_a_name() -> None:
    """Random octets, and replies with some changed, cut or doubled; in pieces of any size."""
    draw = random.Random(5)
    whole = 0
    turns = int(os.environ.get("VALETKEY_MUTATIONS", "10000"))
    for _ in range(turns):
        wire = bytearray(draw.choice(WHOLE) or draw.randbytes(draw.randrange(60)))
        for _ in range(draw.randrange(4)):
            at = draw.randrange(len(wire) + 1)
            wire[at : at + draw.randrange(3)] = draw.choice((b"", b"\r\n", b"\0", b":", draw.randbytes(2), wire[at:]))
        pieces = [draw.randrange(1, 40) for _ in range(draw.randrange(6))]
        whole += read(bytes(wire), pieces, tls=draw.random() < 0.5, proven=draw.random() < 0.5) is not None
    assert 0.05 < whole / turns < 0.9


@pytest.mark.parametrize("own", [{}, {"Accept": "application/json"}, {"accept": "a/b", "USER-AGENT": "app/1"}])
def test_a_header_of_the_request_stands_in_the_place_of_ours(own: dict[str, str]) -> None:
    """Once each: a server that is offered two types of reply may take the wrong one."""
    head, _, body = encode_request(HttpRequest(method="GET", url="https://api.test/me", headers=own)).partition(
        b"\r\n\r\n"
    )
    fields = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    names = [name.lower() for name, _, _ in fields]
    assert sorted(names) == ["accept", "accept-encoding", "content-length", "host", "user-agent"]
    sent = {name.lower(): value for name, _, value in fields}
    assert {name.lower(): value for name, value in own.items()}.items() <= sent.items()
    assert (body == b"" and "accept" in own) or sent["accept"] == own.get("Accept", "*/*")


@pytest.mark.parametrize(
    "octets", ["a\r\nb: c", "a\nb: c", "a\rb: c", "a\r\n", "\0", "\x1f", "\x7f", "\x85", "é", "\u2028"]
)
@pytest.mark.parametrize("where", ["method", "name", "value"])
def test_a_head_of_anything_but_printable_ascii_is_not_written(octets: str, where: str) -> None:
    """A line end in a value would be a header of its own, or a request."""
    own = {octets: "v"} if where == "name" else {"x-own": octets if where == "value" else "v"}
    method = octets if where == "method" else "GET"
    with pytest.raises(ValueError, match="visible ASCII"):
        encode_request(HttpRequest(method=method, url="https://api.test/me", headers=own))
