"""Two translations: Django's request into an ``Incoming``, a ``Reply`` into Django's response. For WSGI and ASGI alike:
``request.META`` is the same in both, but for cookies."""

from __future__ import annotations

from dataclasses import replace
from http.cookies import Morsel, SimpleCookie
from typing import Any

from django.http import HttpRequest, HttpResponse, UnreadablePostError

from ...protocols.grammar import number
from ...web.http import BODY_LIMIT_BYTES, Incoming, Reply
from ..wsgi import hide_query, incoming_from


def incoming_of(request: HttpRequest, path: str) -> Incoming:
    """``path`` is what follows the prefix. The body is read, if it is not too long."""
    return replace(incoming_from(environ_of(request), path, _body_of(request)), scheme=request.scheme)


def environ_of(request: HttpRequest) -> dict[str, Any]:
    """``request.META``, with several Cookie headers joined by ``; ``, as RFC 9113 §8.2.3 says. HTTP/2 has one for each
    cookie, and under ASGI Django joins them by a comma, behind which no cookie is ours."""
    scope = getattr(request, "scope", None)
    cookies = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"] if scope else []
    return {**request.META, "HTTP_COOKIE": "; ".join(cookies)} if len(cookies) > 1 else request.META


def response_of(reply: Reply) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status)
    del response["content-type"]
    for name, value in reply.headers:
        if name == "set-cookie":
            set_cookie(response, value)
        elif name in response:
            response[name] = f"{response[name]}, {value}"
        else:
            response[name] = value
    return response


def set_cookie(response: HttpResponse, line: str) -> None:
    """Set a cookie exactly as it was said."""
    ((name, parsed),) = SimpleCookie(line).items()
    cookie = _AsSaid(line)
    cookie.set(name, parsed.value, parsed.coded_value)
    cookie.update(parsed)
    response.cookies[name] = cookie


def forget_query(request: HttpRequest) -> None:
    """Empty it where a server's access log reads it afterwards: the callback's holds the verifier."""
    hide_query(request.META)
    scope = getattr(request, "scope", None)
    if scope is not None:
        scope["query_string"] = b""


class _AsSaid(Morsel[str]):
    """Written in the order and the letters in which it was said, whatever an attribute of it is set to later."""

    def __init__(self, line: str) -> None:
        super().__init__()
        self._line = line

    def OutputString(self, attrs: Any = None) -> str:
        return self._line

    def output(self, attrs: Any = None, header: str = "Set-Cookie:") -> str:
        return f"{header} {self._line}".lstrip()  # a handler that asks for no name sends no space before ours


def _body_of(request: HttpRequest) -> bytes | None:
    """None where it is longer than we read, or was cut short."""
    length = number(request.META.get("CONTENT_LENGTH") or "0")  # Content-Length = 1*DIGIT, RFC 9110 §8.6
    if length is None or length > BODY_LIMIT_BYTES:
        return None
    try:
        body = request.read(BODY_LIMIT_BYTES + 1)
    except UnreadablePostError:
        return None
    return body if len(body) <= BODY_LIMIT_BYTES else None
