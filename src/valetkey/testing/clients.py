"""Test clients, reduced to what a sign-in asks of them: send this, keep cookies, and be a page of the app from now on.

No framework is imported: a client is known by the package and the name of a class among its ancestors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """``path`` is from the root, with its query. ``secure``: by https, where the app insists on that."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    secure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Any = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        return str(self.headers.get(name) or "")


class Client(Protocol):
    """``send`` gives what ``read`` reads, or in an async client an awaitable of it."""

    def send(self, request: Request) -> Any: ...
    def read(self, response: Any) -> Answer: ...
    def from_now_on(self, headers: Mapping[str, str | None]) -> None: ...


class Httpx:
    """httpx and httpx2, and with them the clients of Starlette, FastAPI and Litestar."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, request: Request) -> Any:
        url = self._client.base_url.join(request.path)
        url = url.copy_with(scheme="https") if request.secure else url
        if not url.host:
            raise ValueError("This client has no base_url: give it the app's address, such as http://testserver.")
        headers = {**request.headers, **({"content-type": request.content_type} if request.body else {})}
        return self._client.request(
            request.method, url, content=request.body or None, headers=headers, follow_redirects=False
        )

    def read(self, response: Any) -> Answer:
        # An app that is set up for https sets Secure cookies, which a jar does not send to http://testserver. The app
        # does not mind, for it goes by its callback URL; a browser would never have been here.
        if self._client.base_url.scheme == "http":
            for cookie in self._client.cookies.jar:
                if cookie.secure and "valetkey-" in cookie.name:
                    cookie.secure = False
        return Answer(status=response.status_code, headers=response.headers, body=response.content)

    def from_now_on(self, headers: Mapping[str, str | None]) -> None:
        for name, value in headers.items():
            if value is None:
                self._client.headers.pop(name, None)
            else:
                self._client.headers[name] = value


class Werkzeug:
    """Werkzeug's, and with it Flask's."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, request: Request) -> Any:
        return self._client.open(
            request.path,
            method=request.method,
            headers=dict(request.headers),
            data=request.body or None,
            content_type=request.content_type or None,
            follow_redirects=False,
            **({"url_scheme": "https"} if request.secure else {}),
        )

    def read(self, response: Any) -> Answer:
        return Answer(status=response.status_code, headers=response.headers, body=response.data)

    def from_now_on(self, headers: Mapping[str, str | None]) -> None:
        _kept(self._client.environ_base, {_wsgi_name(name): value for name, value in headers.items()})


class Django:
    """Django's."""

    _name = staticmethod(lambda name: _wsgi_name(name))

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, request: Request) -> Any:
        return self._client.generic(
            request.method,
            request.path,
            request.body,
            request.content_type,
            secure=request.secure,
            headers=dict(request.headers),
        )

    def read(self, response: Any) -> Answer:
        jar = self._client.cookies
        for name in [name for name, morsel in jar.items() if "valetkey-" in name and not morsel.value]:
            del jar[name]  # cleared by the app, which this jar takes for an empty value
        return Answer(status=response.status_code, headers=response.headers, body=response.content)

    def from_now_on(self, headers: Mapping[str, str | None]) -> None:
        _kept(self._client.defaults, {self._name(name): value for name, value in headers.items()})


class AsyncDjango(Django):
    """Its async one, whose defaults are named as its ``headers=`` are, so that these can take their place."""

    _name = staticmethod(lambda name: name.replace("-", "_").upper())


def _wsgi_name(name: str) -> str:
    return f"HTTP_{name.replace('-', '_').upper()}"


def _kept(where: Any, headers: Mapping[str, str | None]) -> None:
    for name, value in headers.items():
        if value is None:
            where.pop(name, None)
        else:
            where[name] = value


# Package and class, as any ancestor of a client has them: how to speak to it, and whether it is to be awaited.
KNOWN: dict[tuple[str, str], tuple[type[Httpx] | type[Werkzeug] | type[Django], bool]] = {
    ("httpx", "Client"): (Httpx, False),
    ("httpx", "AsyncClient"): (Httpx, True),
    ("httpx2", "Client"): (Httpx, False),
    ("httpx2", "AsyncClient"): (Httpx, True),
    ("flask", "FlaskClient"): (Werkzeug, False),
    ("django", "Client"): (Django, False),
    ("django", "AsyncClient"): (AsyncDjango, True),
}


def known(client: object) -> tuple[Client, bool]:
    """How to speak to this client, and whether it is async.

    Raises:
        TypeError: it is none that is known.
    """
    for kind in type(client).__mro__:
        found = KNOWN.get((kind.__module__.partition(".")[0], kind.__name__))
        if found is not None:
            speaks, is_async = found
            return speaks(client), is_async
    raise TypeError(
        f"{type(client).__module__}.{type(client).__qualname__} is no test client that valetkey knows. It knows those "
        "of Starlette, FastAPI, Litestar, Flask and Django, and httpx's and httpx2's."
    )


def on_https(request: Request, answer: Answer) -> bool:
    """Whether the app sends on to the same address by https."""
    there = urlsplit(answer.header("location"))
    return (
        answer.status in (301, 302, 307, 308)
        and there.scheme == "https"
        and there.path == urlsplit(request.path).path
        and not request.secure
    )
