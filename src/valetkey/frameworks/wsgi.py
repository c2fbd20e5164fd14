"""Synchronous frameworks: sign-in without an event loop, and the translation of WSGI requests.

Flask and Django use it. It also serves an app of any other WSGI framework: see ``SyncSignIn``.

Everything runs in the caller's thread. There is no background thread and no event loop, so a server may fork at any
time, and a function of the app runs in the thread, the database connection and the transaction of its request.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from ..errors import Misconfigured
from ..http_client.runner import ThreadRunner
from ..login.assembly import assemble
from ..login.completion import Resolve
from ..models import Session
from ..protocols.grammar import lower, number
from ..sessions.accounts import Accounts
from ..sessions.open_sessions import Sessions
from ..settings import Settings
from ..web import logs
from ..web.endpoints import Endpoints
from ..web.http import BODY_LIMIT_BYTES, Incoming, Reply
from ..web.startup.in_process import WsgiApp
from ..web.startup.verdicts import Mounts

Result = TypeVar("Result")


class SyncSignIn:
    """Sign-in for a synchronous app. A process and the children that it forks share one.

    Args:
        settings: the configuration.
        resolve_account: a plain function ``(identity, account_id)``, for an app with its own table of users. It gets or
            creates the user of ``account_id``, or raises ``SignInRefused``. It runs at each sign-in, and may run twice
            at once for the same account. It may have a third parameter, ``current_user``.
        finds_user: whether each ``Incoming`` has a ``find_user``, which finds that user.

    Attributes:
        accounts: look up, list, disable, enable, delete and export accounts (see ``Accounts``).
        sessions: list and end the sessions of an account (see ``Sessions``).

    Raises:
        SettingsError: something in the settings is wrong; the message lists all of it.
    """

    def __init__(self, settings: Settings, *, resolve_account: Resolve | None = None, finds_user: bool = False) -> None:
        self.settings = settings
        self.finds_user = finds_user
        self.assembly = assemble(settings, blocking=True, resolve_account=resolve_account, finds_user=finds_user)
        self.endpoints = Endpoints(self.assembly)
        self.accounts = Accounts(lambda: self.assembly.accounts)
        self.sessions = Sessions(lambda: self.assembly.account_sessions)
        assert isinstance(self.assembly.runner, ThreadRunner)
        self._runner = self.assembly.runner
        logs.warn_about_uwsgi_log()

    def answer(self, incoming: Incoming) -> Reply:
        """Answer a request below the prefix. Every error becomes an answer.

        Args:
            incoming: from ``incoming_from(environ, path, body_of(environ))``.
        """
        return self._runner.run(self.endpoints.answer(incoming))

    def answer_in(
        self, app: WsgiApp, environ: dict[str, Any], incoming: Incoming, *, mounts: Mounts | None = None
    ) -> Reply:
        """As ``answer``, and before the first answers check what the rest of the app does to them.

        Until that check has passed, each request is answered with an error. The log says what to change, such as the
        path that the server puts before the app (``SCRIPT_NAME``).

        Args:
            app: the whole WSGI app, with its middleware.
            environ: the request (PEP 3333).
            incoming: from ``incoming_from(environ, path, body_of(environ))``.
            mounts: where the routes are in the app, if the framework can tell.
        """
        startup = self.endpoints.startup
        if not startup.settled:
            arrived = _arrived_at(environ, incoming.path)
            try:
                startup.before_wsgi_answer(app, arrived or self.settings.public_prefix, mounts=mounts)
            except Misconfigured as fault:
                return self.endpoints.refuse(incoming, fault)
        return self.answer(incoming)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine of the core, which blocks and never suspends, in this thread."""
        return self._runner.run(work)

    def session_of(self, environ: dict[str, Any], method: str | None = None) -> Session | None:
        """Return the session of a WSGI request, or None if nobody is signed in.

        Args:
            environ: the request (PEP 3333).
            method: what the app takes for the request's method, where a middleware overrides it.

        Raises:
            ForeignOrigin: the request has an unsafe method, with the session cookie, and no page of this app sent it.
            WrongHost: the same, at another host name than the app's.
            StoreError: the database does not answer, and this process has not seen the session lately.
        """
        method = environ["REQUEST_METHOD"] if method is None else method
        authorization = environ.get("HTTP_AUTHORIZATION")
        seen = self.endpoints.guard.recall(method, authorization, environ.get("HTTP_COOKIE"))
        if seen is not None:
            return seen
        return self.session(method, authorization, _cookies(environ), lambda: incoming_from(environ, ""))

    def session(
        self, method: str, authorization: str | None, cookies: Sequence[str], incoming: Callable[[], Incoming]
    ) -> Session | None:
        """As ``session_of``, for a framework that has parsed the request.

        Args:
            method: of the request.
            authorization: the ``Authorization`` header.
            cookies: the ``Cookie`` headers.
            incoming: returns the whole request. It is called only if the origin must be checked.
        """
        return self._runner.run(self.endpoints.guard.session(method, authorization, cookies, incoming))

    def sign_out(self, environ: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        """Sign out the user of a WSGI request, in a route of your own. ``DELETE /auth/session`` does the same.

        Args:
            environ: the request (PEP 3333).

        Returns:
            The ``Set-Cookie`` headers that the route's answer must carry.

        Raises:
            StoreError: the database does not answer, and the user may still be signed in.
        """
        return self._runner.run(self.endpoints.sign_out(incoming_from(environ, "")))

    def close(self) -> None:
        """Disconnect from the database and the providers."""
        self._runner.run(self.assembly.close())


def incoming_from(environ: dict[str, Any], path: str, body: bytes | None = b"") -> Incoming:
    """Translate a WSGI request (PEP 3333).

    Args:
        environ: the request.
        path: what follows the prefix, without a slash in front.
        body: None where it is too long, or was cut short.
    """
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


def _arrived_at(environ: dict[str, Any], path: str) -> str | None:
    """The path of the routes in a request, with its ``SCRIPT_NAME``. None if the request does not tell.

    Args:
        environ: the request. Its texts are octets, each as one character (PEP 3333).
        path: what follows the prefix, as the app has read it.
    """
    before, info = (str(environ.get(name, "")) for name in ("SCRIPT_NAME", "PATH_INFO"))
    for text in (info, info.encode("latin-1", "replace").decode("utf-8", "replace")):
        if text.endswith(f"/{path}"):
            return before.rstrip("/") + text.removesuffix(f"/{path}")
    return None


def _cookies(environ: dict[str, Any]) -> list[str]:
    """The Cookie header as the server passes it, for ``cookie_pairs`` to read.

    A server joins several Cookie headers with a comma, but a value may contain a comma, too: a page of a sibling domain
    can set a cookie ``x=1,__Host-…``. So a comma does not separate cookies here, and what follows it is part of the
    value before it. A browser sends one Cookie header in HTTP/1.1 (RFC 6265 §5.4), and a proxy joins those of HTTP/2
    with ``; `` (RFC 9113 §8.2.3). Behind a proxy that does not, a cookie next to the comma is lost, and the user must
    sign in again.
    """
    joined = environ.get("HTTP_COOKIE")
    return [joined] if joined else []


def body_of(environ: dict[str, Any]) -> bytes | None:
    """Read the request's body. None where its length is over the limit, or is not a number."""
    length = number(environ.get("CONTENT_LENGTH") or "0")  # Content-Length = 1*DIGIT, RFC 9110 §8.6
    if length is None or length > BODY_LIMIT_BYTES:
        return None
    read: bytes = environ["wsgi.input"].read(length) if length else b""
    return read


def hide_query(environ: dict[str, Any]) -> None:
    """Empty the query, which a server's access log reads after the request: a callback's query holds the verifier.

    gunicorn and others log from this dictionary. For servers that log the request line, see ``valetkey.web.logs``.
    """
    environ["QUERY_STRING"] = ""
    for name in ("RAW_URI", "REQUEST_URI"):
        if name in environ:
            environ[name] = str(environ[name]).partition("?")[0]
