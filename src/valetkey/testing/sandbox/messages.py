"""A request, a response and a route, as far as the sandbox needs them. It uses no framework: it runs with any extra."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote


class Headers(dict[str, str]):
    """Headers by name, in lower case. Of several with one name, the first counts."""

    def __init__(self, headers: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__()
        for name, value in headers:
            self.setdefault(name, value)


class Request:
    """A request.

    Args:
        method: in upper case.
        target: as it was sent: the path, and the query after a question mark.
        raw_headers: as they were sent, with their names in lower case.
        content: the body.
        abort: closes the connection without an answer.
        on_close: takes a function that is called when the connection has been closed.

    Attributes:
        path: decoded.
        raw_path, query_string: as they were sent.
        path_params: from the route.
    """

    def __init__(
        self,
        *,
        method: str,
        target: bytes,
        raw_headers: Sequence[tuple[bytes, bytes]],
        content: bytes,
        abort: Callable[[], None],
        on_close: Callable[[Callable[[], None]], None],
    ) -> None:
        self.method = method
        self.raw_path, _, self.query_string = target.partition(b"?")
        self.path = unquote(self.raw_path.decode("latin-1"))
        self.raw_headers = list(raw_headers)
        self.headers = Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw_headers)
        self.query_params = dict(parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True))
        self.path_params: dict[str, str] = {}
        self.abort = abort
        self.on_close = on_close
        self._content = content

    async def body(self) -> bytes:
        """Return the body."""
        return self._content


class Response:
    """A response.

    Args:
        content: the body.
        status_code, headers: of HTTP.
        media_type: the content type. A text is in UTF-8.
    """

    def __init__(
        self,
        content: str | bytes = b"",
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
    ) -> None:
        self.content = content.encode() if isinstance(content, str) else content
        self.status_code = status_code
        self.headers = Headers((name.lower(), value) for name, value in (headers or {}).items())
        self.cookies: list[str] = []
        if media_type is not None:
            is_text = media_type.startswith("text/")
            self.headers.setdefault("content-type", f"{media_type}; charset=utf-8" if is_text else media_type)

    def set_cookie(self, name: str, value: str, *, path: str) -> None:
        """Set a cookie that no script reads, and that no form of another site sends."""
        self.cookies.append(f"{name}={value}; HttpOnly; Path={path}; SameSite=lax")

    def raw_headers(self) -> list[tuple[str, str]]:
        """Return the headers to send."""
        return [*self.headers.items(), *(("set-cookie", one) for one in self.cookies)]

    def length(self) -> int | None:
        """Return the length to state. None: a header says it."""
        return None if "content-length" in self.headers else len(self.content)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body."""
        yield self.content


class JSONResponse(Response):
    """A response with JSON."""

    def __init__(self, value: object, status_code: int = 200) -> None:
        content = json.dumps(value, separators=(",", ":"))  # in ASCII: half a character has no UTF-8
        super().__init__(content, status_code, media_type="application/json")


class StreamingResponse(Response):
    """A response whose body comes in parts. A header states its length."""

    def __init__(self, parts: AsyncIterator[bytes], status_code: int, headers: Mapping[str, str]) -> None:
        super().__init__(b"", status_code, headers)
        self._parts = parts

    async def chunks(self) -> AsyncIterator[bytes]:
        async for part in self._parts:
            yield part


class Silence(Response):
    """A response that is not sent. The connection has been closed."""


Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


class Route:
    """A path with ``{parameters}``, and what answers there.

    Args:
        path: a parameter is one segment of it.
        handler: answers.
        methods: of HTTP. HEAD is where GET is.
    """

    def __init__(self, path: str, handler: Handler, methods: Sequence[str] = ("GET",)) -> None:
        self.pattern = path_pattern(path)
        self.handler = handler
        self.methods = frozenset(methods) | ({"HEAD"} if "GET" in methods else frozenset())


def path_pattern(path: str) -> re.Pattern[str]:
    """Return a pattern for a path with ``{parameters}``."""
    parts = re.split(r"\{([a-z]+)\}", path)
    return re.compile(
        "".join(f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    )


def routed(routes: Sequence[Route]) -> Handler:
    """Return a handler that passes a request to the first route with its path and method."""

    async def answer(request: Request) -> Response:
        allowed: set[str] = set()
        for route in routes:
            found = route.pattern.fullmatch(request.path)
            if found is not None and request.method in route.methods:
                request.path_params = found.groupdict()
                return await route.handler(request)
            allowed |= route.methods if found is not None else set()
        if allowed:
            return Response("Method Not Allowed", 405, {"allow": ", ".join(sorted(allowed))}, "text/plain")
        return Response("Not Found", 404, media_type="text/plain")

    return answer
