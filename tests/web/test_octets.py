"""Every octet, 0x00 to 0xFF, beside what each parser reads from the wire: Cookie headers under ASGI and WSGI,
Authorization, Content-Type, Content-Length, forms, queries, JSON, X-Forwarded-For, and the filter of access logs."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from typing import Any

import pytest
from support.octets import OCTETS, every_cell, expected, header

from valetkey.errors import BadRequest, UnsupportedBody
from valetkey.frameworks.asgi import incoming_from as from_scope
from valetkey.frameworks.wsgi import body_of
from valetkey.frameworks.wsgi import incoming_from as from_environ
from valetkey.web.client_addresses import ClientAddresses
from valetkey.web.cookies import CookieNames
from valetkey.web.fields import read_body, read_query
from valetkey.web.guard import bearer_token
from valetkey.web.http import Incoming
from valetkey.web.logs import QueryFilter

NAMES = CookieNames(secure=True)
LOGIN = "__Host-valetkey-login-" + "L" * 22
ALPHANUMERIC = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")


def by_asgi(sent: bytes) -> Incoming:
    scope = {"type": "http", "method": "GET", "query_string": b"", "headers": [(b"cookie", sent)]}
    return from_scope(scope, "", b"")


def by_wsgi(sent: bytes) -> Incoming:
    return from_environ({"REQUEST_METHOD": "GET", "HTTP_COOKIE": sent.decode("latin-1")}, "")


def session_by_read(incoming: Incoming) -> str | None:
    return NAMES.read(incoming).session


def session_alone(incoming: Incoming) -> str | None:
    return NAMES.session_in([value for name, value in incoming.headers if name == "cookie"])


def login_by_read(incoming: Incoming) -> str | None:
    return NAMES.read(incoming).logins.get("L" * 22)


READERS: dict[str, tuple[str, Callable[[Incoming], str | None]]] = {
    "session, read": ("__Host-valetkey-session", session_by_read),
    "session, session_in": ("__Host-valetkey-session", session_alone),
    "login, read": (LOGIN, login_by_read),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("interface", [by_asgi, by_wsgi])
def test_a_cookie_header(reader: str, interface: Callable[[bytes], Incoming]) -> None:
    name, read = READERS[reader]
    wrong = []
    for place, octet in every_cell():
        found = read(interface(header(place, octet, name=name, mine="m.m", theirs="t.t")))
        # A letter beside the value makes another value, which opens nothing.
        whose = {"m.m": "mine", "t.t": "theirs"}.get(found or "")
        if whose != expected(place, octet):
            wrong.append((place, hex(octet), found))
    assert wrong == []
    assert read(interface(f"x=1; {name}=t.t; y=2".encode())) == "t.t"  # the control


@pytest.mark.parametrize("interface", [by_asgi, by_wsgi])
@pytest.mark.parametrize("planted", ["x=1,NAME=t.t", "x=1, NAME=t.t", "x=1; ,NAME=t.t", "x=,NAME=t.t,NAME=t.t"])
def test_what_stands_behind_a_comma_neither_counts_nor_counts_against(
    interface: Callable[[bytes], Incoming], planted: str
) -> None:
    for name, read in READERS.values():
        theirs = planted.replace("NAME", name)
        assert read(interface(theirs.encode())) is None
        for both in (f"{theirs}; {name}=m.m", f"{name}=m.m; {theirs}"):
            assert read(interface(both.encode())) == "m.m"


def test_a_bearer() -> None:
    """RFC 6750 §2.1: "Bearer" 1*SP b64token. What names the scheme and is malformed signs nobody in, and is not None:
    with a bearer, cookies do not count."""
    for octet in OCTETS:
        char = chr(octet)
        kept = _token68(octet)
        # Between the scheme and its credentials: another scheme's name, or this one's without credentials.
        between = "a.b" if char == " " else None if _token(octet) else ""
        before = "a.b" if char == " " else f"{char}a.b" if kept else ""
        after = "a.b" if char in " \t" else f"a.b{char}" if kept or char == "=" else ""
        assert bearer_token(f"{char}Bearer a.b") == ("a.b" if char in " \t" else None), hex(octet)
        assert bearer_token(f"Bearer{char}a.b") == between, hex(octet)
        assert bearer_token(f"Bearer {char}a.b") == before, hex(octet)
        assert bearer_token(f"Bearer a.b{char}") == after, hex(octet)
    assert bearer_token("bEARER a.b") == "a.b"
    assert [bearer_token(other) for other in (None, "", "Basic eDp5", "Bearerx a.b")] == [None] * 4
    assert [bearer_token(wrong) for wrong in ("Bearer a b", "Bearer a,Bearer b", "Bearer null null")] == [""] * 3
    # Without a token it is no bearer. What a script writes for a missing value is no token, in this spelling alone.
    missing = ("Bearer", "Bearer ", "bearer \t", "Bearer null", "Bearer  undefined")
    assert [bearer_token(none) for none in missing] == [None] * 5
    assert [bearer_token(f"Bearer {one}") for one in ("Null", "null=", "nullx")] == ["Null", "null=", "nullx"]


def _token(octet: int) -> bool:
    return octet in ALPHANUMERIC or octet in b"!#$%&'*+-.^_`|~"  # tchar, RFC 9110 §5.6.2


def _token68(octet: int) -> bool:
    return octet in ALPHANUMERIC or octet in b"-._~+/"


def posted(body: bytes, kind: str = "application/x-www-form-urlencoded") -> dict[str, object]:
    return read_body(Incoming(method="POST", path="", body=body, headers=[("content-type", kind)]))


def test_a_media_type() -> None:
    """RFC 9110 §8.3.1, §5.6.3: spaces and tabs may stand around it, and before the semicolon; nothing else."""
    for octet in OCTETS:
        char = chr(octet)
        for kind in (f"{char}application/json", f"application/json{char}", f"application/json{char}; charset=utf-8"):
            may = char in " \t" or (char == ";" and not kind.startswith(";"))
            try:
                assert posted(b"{}", kind) == {}
                assert may, (hex(octet), kind)
            except UnsupportedBody:
                assert not may, (hex(octet), kind)
    assert posted(b"{}", "Application/JSON") == {}


def test_json_whitespace() -> None:
    """RFC 8259 §2: space, tab, line feed, carriage return. A body of these alone is an empty object."""
    for octet in OCTETS:
        for body in (bytes([octet]), bytes([octet]) + b'{"a": "b"}', b'{"a": "b"}' + bytes([octet])):
            try:
                assert posted(body, "application/json") == ({} if len(body) == 1 else {"a": "b"})
                assert octet in b" \t\n\r", (hex(octet), body)
            except BadRequest:
                assert octet not in b" \t\n\r", (hex(octet), body)


def test_forms_and_queries_as_they_come() -> None:
    """Before and after a name and a value. In a query only visible ASCII stands for itself (RFC 3986 §3.4); in a form,
    UTF-8 that somebody has not encoded is still read. No octet is taken off."""
    for octet in OCTETS:
        byte, char = bytes([octet]), chr(octet)
        pieces = [byte + b"a=b", b"a" + byte + b"=b", b"a=" + byte + b"b", b"a=b" + byte]
        shown = {"+": " "}.get(char, char)
        read = [{f"{shown}a": "b"}, {f"a{shown}": "b"}, {"a": f"{shown}b"}, {"a": f"b{shown}"}]
        if char == "&":
            read = [{"a": "b"}, {"a": "", "": "b"}, {"a": "", "b": ""}, {"a": "b"}]
        if char == "=":
            read = [{"": "a=b"}, {"a": "=b"}, {"a": "=b"}, {"a": "b="}]
        for piece, fields in zip(pieces, read, strict=True):
            for name, may in (("query", 0x21 <= octet <= 0x7E), ("form", 0x20 <= octet <= 0x7E)):
                try:
                    found: dict[str, Any] = (
                        read_query(Incoming(method="GET", path="", query=piece.decode("latin-1")))
                        if name == "query"
                        else posted(piece)
                    )
                    assert (may, found) == (True, fields), (name, hex(octet), piece)
                except BadRequest:
                    assert not may, (name, hex(octet), piece)


def test_forms_and_queries_percent_encoded() -> None:
    """What was encoded is kept to the octet, or refused where it is a control or no UTF-8."""
    for octet in OCTETS:
        encoded = f"%{octet:02X}"
        may = 0x20 <= octet <= 0x7E
        for text, fields in (
            (f"{encoded}a=b", {f"{chr(octet)}a": "b"}),
            (f"a{encoded}=b", {f"a{chr(octet)}": "b"}),
            (f"a={encoded}b", {"a": f"{chr(octet)}b"}),
            (f"a=b{encoded}", {"a": f"b{chr(octet)}"}),
        ):
            for read in (lambda t: read_query(Incoming(method="GET", path="", query=t)), lambda t: posted(t.encode())):
                try:
                    assert (may, read(text)) == (True, fields), hex(octet)
                except BadRequest:
                    assert not may, (hex(octet), text)
    for control in ("%C2%80", "%C2%85", "%C2%9F"):
        with pytest.raises(BadRequest):
            posted(f"a={control}".encode())
    assert posted(b"a=%C2%A0b%E2%80%8D") == {"a": "\xa0b\u200d"}  # a character of a name, and not trimmed


def test_a_content_length() -> None:
    """RFC 9110 §8.6: 1*DIGIT. Anything else is a body that is not read."""

    def read(declared: str) -> bytes | None:
        return body_of({"CONTENT_LENGTH": declared, "wsgi.input": io.BytesIO(b"0123456789")})

    assert (read("2"), read(""), read("002")) == (b"01", b"", b"01")
    for octet in OCTETS:
        for declared in (f"{chr(octet)}2", f"2{chr(octet)}"):
            digit = octet in b"0123456789"
            assert read(declared) == (b"0123456789"[: int(declared)] if digit else None), hex(octet)
    for odd in ("٢", "²", "2_0", "0x2", "9" * 5000):
        assert read(odd) is None


def test_a_forwarded_address() -> None:
    """RFC 9110 §5.6.1: elements of a list have spaces and tabs around them, and nothing else."""
    visitors = ClientAddresses(["10.0.0.0/8"])
    for octet in OCTETS:
        for sent in (f"192.0.2.7{chr(octet)}", f"{chr(octet)}192.0.2.7", f"x,{chr(octet)}192.0.2.7{chr(octet)}"):
            incoming = Incoming(method="GET", path="", headers=[("x-forwarded-for", sent)], peer="10.0.0.1")
            found = visitors.network(incoming)
            if chr(octet) in " \t":
                assert found == "192.0.2.0/24", (hex(octet), sent)
            elif chr(octet) not in "0123456789,":  # which make another address, or another element
                assert found is None, (hex(octet), sent)


def test_a_logged_query_is_cut_to_its_end() -> None:
    """Whatever octet stands in it: what follows is the query's, up to the space after the target (RFC 9112 §3)."""
    for octet in (one for one in OCTETS if one not in b" \r\n"):
        line = f"GET /auth/twitter?a={chr(octet)}&oauth_verifier=canary HTTP/1.1"
        record = logging.LogRecord("x", 20, "", 0, '"%s" %s', (line, "200"), None)
        assert QueryFilter("/auth").filter(record)
        assert record.getMessage() == '"GET /auth/twitter HTTP/1.1" 200', hex(octet)
