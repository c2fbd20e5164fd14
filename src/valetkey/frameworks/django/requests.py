"""Translates a request of Django into an ``Incoming``, and a ``Reply`` into a response of Django.

It serves WSGI and ASGI: ``request.META`` is the same in both, except for several Cookie headers.
"""

from __future__ import annotations

from dataclasses import replace
from http.cookies import Morsel, SimpleCookie
from typing import Any

from django.http import HttpRequest, HttpResponse, UnreadablePostError

from ...protocols.grammar import number
from ...web.http import BODY_LIMIT_BYTES, Incoming, Reply
from ..wsgi import hide_query, incoming_from


def incoming_of(request: HttpRequest, path: str) -> Incoming:
    """Translate a request, with its body.

    Args:
        path: what follows the prefix, without a slash in front.
    """
    return replace(incoming_from(environ_of(request), path, _body_of(request)), scheme=request.scheme)


def environ_of(request: HttpRequest) -> dict[str, Any]:
    """``request.META``, with several Cookie headers joined by ``; `` (RFC 9113 §8.2.3).

    HTTP/2 may have one header for each cookie. Under ASGI, Django joins them with a comma, and what follows a comma
    does not count as one of valetkey's cookies.
    """
    scope = getattr(request, "scope", None)
    cookies = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"] if scope else []
    return {**request.META, "HTTP_COOKIE": "; ".join(cookies)} if len(cookies) > 1 else request.META


def response_of(reply: Reply) -> HttpResponse:
    """Translate a reply."""
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
    """Set a cookie by its ``Set-Cookie`` line, unchanged."""
    ((name, parsed),) = SimpleCookie(line).items()
    cookie = _VerbatimCookie(line)
    cookie.set(name, parsed.value, parsed.coded_value)
    cookie.update(parsed)
    response.cookies[name] = cookie


def forget_query(request: HttpRequest) -> None:
    """Empty the query, which a server's access log reads after the request: a callback's query holds the verifier."""
    hide_query(request.META)
    scope = getattr(request, "scope", None)
    if scope is not None:
        scope["query_string"] = b""


class _VerbatimCookie(Morsel[str]):
    """A cookie that keeps its ``Set-Cookie`` line, whatever an attribute of it is set to later."""

    def __init__(self, line: str) -> None:
        super().__init__()
        self._line = line

    def OutputString(self, attrs: Any = None) -> str:
        return self._line

    def output(self, attrs: Any = None, header: str = "Set-Cookie:") -> str:
        return f"{header} {self._line}".lstrip()  # for an empty header, without the space


def _body_of(request: HttpRequest) -> bytes | None:
    """Read the body. None where it is too long, or was cut short."""
    length = number(request.META.get("CONTENT_LENGTH") or "0")  # Content-Length = 1*DIGIT, RFC 9110 §8.6
    if length is None or length > BODY_LIMIT_BYTES:
        return None
    try:
        body = request.read(BODY_LIMIT_BYTES + 1)
    except UnreadablePostError:
        return None
    return body if len(body) <= BODY_LIMIT_BYTES else None
