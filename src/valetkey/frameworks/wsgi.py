"""For synchronous frameworks: the endpoints, run in the caller's own thread, and WSGI's translation.

Nothing here keeps a thread or a loop, so a server may fork whenever it likes, and an app's hooks run on the thread, the
database connection and the transaction of the request that called them.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from ..http_client.runner import ThreadRunner
from ..login.assembly import assemble
from ..login.completion import Resolve
from ..models import Session
from ..protocols.grammar import lower, number
from ..settings import Settings
from ..web import logs
from ..web.endpoints import Endpoints
from ..web.http import BODY_LIMIT_BYTES, Incoming, Reply

Result = TypeVar("Result")


class Blocking:
    """One whole, for one process and the children that it forks.

    Raises:
        SettingsError: everything that is wrong.
    """

    def __init__(self, settings: Settings, *, resolve_account: Resolve | None = None) -> None:
        self.settings = settings
        self.assembly = assemble(settings, blocking=True, resolve_account=resolve_account)
        self.endpoints = Endpoints(self.assembly)
        assert isinstance(self.assembly.runner, ThreadRunner)
        self._runner = self.assembly.runner
        logs.warn_about_uwsgi_log()

    def answer(self, incoming: Incoming) -> Reply:
        """Answer a request below the prefix; every failure has become a reply."""
        return self._runner.run(self.endpoints.answer(incoming))

    def session_of(self, environ: dict[str, Any], method: str | None = None) -> Session | None:
        """Who is signed in on a WSGI request, or None. ``method`` is by what the app goes, where that is another.

        Raises:
            ForeignOrigin, WrongHost: an unsafe method, by cookie, that no page of this app sent.
            StoreError: the database does not answer, and this process has not seen the pass lately.
        """
        return self.session(
            environ["REQUEST_METHOD"] if method is None else method,
            environ.get("HTTP_AUTHORIZATION"),
            _cookies(environ),
            lambda: incoming_from(environ, ""),
        )

    def session(
        self, method: str, authorization: str | None, cookies: Sequence[str], incoming: Callable[[], Incoming]
    ) -> Session | None:
        """As ``session_of``, for a framework that has taken its request apart."""
        return self._runner.run(self.endpoints.guard.session(method, authorization, cookies, incoming))

    def sign_out(self, environ: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        """Sign out the browser of a WSGI request, for a route of the app's own.

        Returns:
            The ``Set-Cookie`` headers that the route's answer must carry.

        Raises:
            StoreError: the database does not answer, and the user may still be signed in.
        """
        return self._runner.run(self.endpoints.sign_out(incoming_from(environ, "")))

    def run(self, verb: Coroutine[Any, Any, Result]) -> Result:
        """One of the whole's own verbs, such as ``assembly.sessions.end_all(account_id)``."""
        return self._runner.run(verb)

    def close(self) -> None:
        self._runner.run(self.assembly.close())


def incoming_from(environ: dict[str, Any], path: str, body: bytes | None = b"") -> Incoming:
    """A WSGI request (PEP 3333). ``path`` is what follows the prefix, without a slash in front."""
    headers = [
        (lower(name.removeprefix("HTTP_").replace("_", "-")), str(value))
        for name, value in environ.items()
        if name.startswith("HTTP_") and name != "HTTP_COOKIE"
    ]
    headers += [("cookie", cookie) for cookie in _cookies(environ)]
    if environ.get("CONTENT_TYPE"):
        headers.append(("content-type", environ["CONTENT_TYPE"]))
    return Incoming(
        method=environ["REQUEST_METHOD"],
        path=path,
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=body,
        peer=environ.get("REMOTE_ADDR") or None,
        scheme=environ.get("wsgi.url_scheme"),
    )


def _cookies(environ: dict[str, Any]) -> list[str]:
    """The Cookie header, as the server hands it over, for ``cookie_pairs`` to read.

    A server joins several Cookie headers by a comma, and a value may have a comma, too: a neighbour writes
    ``x=1,__Host-…`` into a cookie of its own. So a comma separates nothing here. The name that stands behind it belongs
    to the value before it, neither counts as ours nor counts against ours. A browser sends one Cookie header in
    HTTP/1.1 (RFC 6265 §5.4), and a proxy joins those of HTTP/2 by ``; `` (RFC 9113 §8.2.3). Behind a proxy that does
    not, a cookie next to the comma is lost, and the person has to sign in again.
    """
    joined = environ.get("HTTP_COOKIE")
    return [joined] if joined else []


def body_of(environ: dict[str, Any]) -> bytes | None:
    """The body, read to its declared length; None where that is longer than we read, or no length at all."""
    length = number(environ.get("CONTENT_LENGTH") or "0")  # Content-Length = 1*DIGIT, RFC 9110 §8.6
    if length is None or length > BODY_LIMIT_BYTES:
        return None
    read: bytes = environ["wsgi.input"].read(length) if length else b""
    return read


def hide_query(environ: dict[str, Any]) -> None:
    """Empty the query where a server's access log reads it afterwards: the callback's holds the verifier.

    gunicorn and others log from this very dictionary. What logs the request line that it read from the socket is helped
    by ``valetkey.web.logs``.
    """
    environ["QUERY_STRING"] = ""
    for name in ("RAW_URI", "REQUEST_URI"):
        if name in environ:
            environ[name] = str(environ[name]).partition("?")[0]
