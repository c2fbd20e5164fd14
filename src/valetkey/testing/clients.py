"""Adapts test clients to what a sign-in needs: send a request, keep cookies, set headers for all later requests.

No framework is imported. A client is recognised by the package and the name of one of its base classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to the app.

    Args:
        path: from the root, with its query.
        secure: send it by https, because the app insists on that.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    secure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What the app answered. ``headers`` is a mapping that ignores case."""

    status: int
    headers: Any = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """Return a header; empty if there is none."""
        return str(self.headers.get(name) or "")


class ClientAdapter(Protocol):
    """One kind of test client."""

    def send(self, request: Request) -> Any:
        """Send a request, without following redirects. Return the client's own response, or an awaitable of it."""
        ...

    def read(self, response: Any) -> Response:
        """Convert the client's own response."""
        ...

    def set_default_headers(self, headers: Mapping[str, str | None]) -> None:
        """Send these headers with every later request. None removes a header."""
        ...


class HttpxAdapter:
    """For httpx and httpx2, and for the clients of Starlette, FastAPI and Litestar, which derive from them."""

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

    def read(self, response: Any) -> Response:
        # An app for https sets Secure cookies, which a cookie jar does not send to http://testserver. The app goes by
        # its callback URL and accepts them all the same.
        if self._client.base_url.scheme == "http":
            for cookie in self._client.cookies.jar:
                if cookie.secure and "valetkey-" in cookie.name:
                    cookie.secure = False
        return Response(status=response.status_code, headers=response.headers, body=response.content)

    def set_default_headers(self, headers: Mapping[str, str | None]) -> None:
        for name, value in headers.items():
            if value is None:
                self._client.headers.pop(name, None)
            else:
                self._client.headers[name] = value


class WerkzeugAdapter:
    """For Werkzeug's test client, and for Flask's, which derives from it."""

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

    def read(self, response: Any) -> Response:
        return Response(status=response.status_code, headers=response.headers, body=response.data)

    def set_default_headers(self, headers: Mapping[str, str | None]) -> None:
        _update(self._client.environ_base, {_environ_name(name): value for name, value in headers.items()})


class DjangoAdapter:
    """For Django's test client."""

    _name = staticmethod(lambda name: _environ_name(name))

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

    def read(self, response: Any) -> Response:
        jar = self._client.cookies
        for name in [name for name, morsel in jar.items() if "valetkey-" in name and not morsel.value]:
            del jar[name]  # the app has cleared it, and this jar keeps it with an empty value
        return Response(status=response.status_code, headers=response.headers, body=response.content)

    def set_default_headers(self, headers: Mapping[str, str | None]) -> None:
        _update(self._client.defaults, {self._name(name): value for name, value in headers.items()})


class AsyncDjangoAdapter(DjangoAdapter):
    """For Django's async test client. Its defaults are named like its ``headers=``, so that these can replace them."""

    _name = staticmethod(lambda name: name.replace("-", "_").upper())


def _environ_name(name: str) -> str:
    return f"HTTP_{name.replace('-', '_').upper()}"


def _update(where: Any, headers: Mapping[str, str | None]) -> None:
    for name, value in headers.items():
        if value is None:
            where.pop(name, None)
        else:
            where[name] = value


# Package and name of a base class of a client -> its adapter, and whether the client is async.
_ADAPTERS: dict[tuple[str, str], tuple[type[HttpxAdapter] | type[WerkzeugAdapter] | type[DjangoAdapter], bool]] = {
    ("httpx", "Client"): (HttpxAdapter, False),
    ("httpx", "AsyncClient"): (HttpxAdapter, True),
    ("httpx2", "Client"): (HttpxAdapter, False),
    ("httpx2", "AsyncClient"): (HttpxAdapter, True),
    ("flask", "FlaskClient"): (WerkzeugAdapter, False),
    ("django", "Client"): (DjangoAdapter, False),
    ("django", "AsyncClient"): (AsyncDjangoAdapter, True),
}


def adapter_for(client: object) -> tuple[ClientAdapter, bool]:
    """Return the adapter for a client, and whether the client is async.

    Raises:
        TypeError: valetkey does not know this kind of client.
    """
    for kind in type(client).__mro__:
        found = _ADAPTERS.get((kind.__module__.partition(".")[0], kind.__name__))
        if found is not None:
            adapter, is_async = found
            return adapter(client), is_async
    raise TypeError(
        f"{type(client).__module__}.{type(client).__qualname__} is no test client that valetkey knows. It knows those "
        "of Starlette, FastAPI, Litestar, Flask and Django, and httpx's and httpx2's."
    )


def redirects_to_https(request: Request, response: Response) -> bool:
    """Return whether the app redirects to the same address by https."""
    target = urlsplit(response.header("location"))
    return (
        response.status in (301, 302, 307, 308)
        and target.scheme == "https"
        and target.path == urlsplit(request.path).path
        and not request.secure
    )
