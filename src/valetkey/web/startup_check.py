"""A look in the mirror at start: a few requests through the whole app, to see what it makes of our answers.

Most of what goes wrong with a sign-in is between the routes and the browser: they are mounted elsewhere than the
callback URL says, a middleware sets a header that severs the popup, another rewrites or drops cookies, a third refuses
what it does not know. Found here, it is a sentence at start; found later, it is a login that fails for somebody.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..errors import Expired, SettingsError
from ..settings import Settings
from . import pages
from .cookies import CookieNames

log = logging.getLogger("valetkey")

_PATIENCE_SECONDS = 5.0
_AGENT = "valetkey, looking at itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request that changes nothing: what a page of the app could send."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came out of the app at its far end; header names in lower case."""

    status: int
    headers: Sequence[tuple[str, str]]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


def questions(settings: Settings) -> tuple[Question, Question]:
    """A page of ours that every app has, with a status that no wall or router answers; and a sign-out of nobody, which
    sets a cookie."""
    headers = {
        "host": urlsplit(settings.public_origin).netloc,
        "user-agent": _AGENT,
        "origin": settings.public_origin,
        "sec-fetch-site": "same-origin",
    }
    callback = f"{settings.prefix}/{settings.providers[0].name}"
    return (
        Question(
            method="GET",
            path=f"{callback}/failed",
            query=f"code={Expired.code}",
            headers={**headers, "accept": "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
        ),
        Question(
            method="DELETE",
            path=f"{settings.prefix}/session",
            query="",
            headers={**headers, "accept": "application/json"},
        ),
    )


def preflights(settings: Settings) -> list[Question]:
    """What a browser asks before a page on another origin, which the app has listed, may sign out. Many a CORS layer
    answers these itself, for the whole app."""
    _, sign_out = questions(settings)
    return [
        Question(
            method="OPTIONS",
            path=sign_out.path,
            query="",
            headers={
                **sign_out.headers,
                "origin": origin,
                "sec-fetch-site": "cross-site",
                "access-control-request-method": sign_out.method,
                # Sorted and in lower case, as a browser writes them.
                "access-control-request-headers": "authorization,content-type"
                if settings.hands_out_tokens
                else "content-type",
            },
        )
        for origin in settings.origins
        if origin != settings.public_origin
    ]


def faults(settings: Settings, page: Seen, sign_out: Seen, allowed: Sequence[Seen] = ()) -> list[str]:
    """What is wrong, each with its fix. ``allowed`` are the answers to ``preflights``."""
    asked, left = questions(settings)
    if page.status != Expired.status:
        return [_not_ours(settings, asked, page.status)]
    found = []
    for name, ours in (("cross-origin-opener-policy", "unsafe-none"), ("content-security-policy", pages.policy(None))):
        if page.all(name) != [ours]:
            found.append(
                f"Something in the app sets {name.title()} on the pages below {settings.prefix}/, which say it "
                "themselves: the popup would be cut off, or its page would not run. Let it leave a header alone that "
                f"is there already, or leave out what is below {settings.prefix}/."
            )
    if sign_out.status != 204:
        found.append(
            f"The app answers {left.method} {left.path} with {sign_out.status}, before the request reaches valetkey: "
            f"exempt what is below {settings.prefix}/ there. (A CSRF layer? valetkey has its own, which is stricter.)"
        )
    elif CookieNames(secure=settings.secure, name=settings.cookie).clear_session()[1] not in sign_out.all("set-cookie"):
        found.append(
            "Something in the app changes or drops the cookies that valetkey sets (their attributes, or the whole "
            f"header): exempt what is below {settings.prefix}/ there, or nobody will stay signed in."
        )
    for preflight, seen in zip(preflights(settings), allowed, strict=True):
        asked_by = preflight.headers
        if not _allows(seen, asked_by):
            found.append(
                f"A CORS layer of the app answers for valetkey, and a page on {asked_by['origin']}, which "
                "VALETKEY_ORIGINS names, could not sign in and out. Let it leave out what is below "
                f"{settings.prefix}/, or allow that origin there too, with credentials, the methods GET, POST and "
                f"DELETE, and the headers {asked_by['access-control-request-headers']}."
            )
    return found


def _allows(seen: Seen, asked: Mapping[str, str]) -> bool:
    """As a browser reads it, for which a star is no wildcard where cookies are sent. Fetch §4.9."""

    def listed(name: str) -> set[str]:
        return {one.strip().lower() for value in seen.all(name) for one in value.split(",")}

    return (
        200 <= seen.status < 300
        and seen.all("access-control-allow-origin") == [asked["origin"]]
        and seen.all("access-control-allow-credentials") == ["true"]
        and asked["access-control-request-method"].lower() in listed("access-control-allow-methods")
        and set(asked["access-control-request-headers"].split(",")) <= listed("access-control-allow-headers")
    )


def _not_ours(settings: Settings, asked: Question, status: int) -> str:
    if status == 404:
        return (
            f"Nothing of valetkey's is at {asked.path}. The callback URL says that its routes are mounted at "
            f"{settings.prefix}: mount them there, without another prefix before it, or change both."
        )
    if status == 400:
        return (
            f"The app refuses its own address, {asked.headers['host']}, which the callback URL names: add it where "
            "the app lists the hosts that it answers to."
        )
    return (
        f"The app answers {asked.path} with {status}, before the request reaches valetkey. What is below "
        f"{settings.prefix}/ must be open to people who are not signed in: exempt it there."
    )


async def of_asgi(app: Callable[..., Awaitable[Any]], settings: Settings) -> bool:
    """Look at an ASGI app.

    Returns:
        Whether it could answer.

    Raises:
        SettingsError: with everything that is wrong. An app that cannot answer yet is only warned of.
    """
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            seen = [
                await _asked_of_asgi(app, settings, question)
                for question in (*questions(settings), *preflights(settings))
            ]
    except Exception as fault:
        return _unseen(fault)
    return _judge(settings, seen)


def of_wsgi(app: Callable[..., Iterable[bytes]], settings: Settings) -> bool:
    """The same for a WSGI app. Raises: SettingsError."""
    try:
        seen = [_asked_of_wsgi(app, settings, question) for question in (*questions(settings), *preflights(settings))]
    except Exception as fault:
        return _unseen(fault)
    return _judge(settings, seen)


def _judge(settings: Settings, seen: Sequence[Seen]) -> bool:
    page, sign_out, *allowed = seen
    if page.status >= 500:
        return _unseen(None)
    found = faults(settings, page, sign_out, allowed)
    if found:
        raise SettingsError("\n".join(found))
    return True


def _unseen(fault: Exception | None) -> bool:
    kind = f" ({type(fault).__name__})" if fault else ""
    log.warning("the app could not answer yet%s, so that its middleware was not looked at", kind)
    return False


async def _asked_of_asgi(app: Callable[..., Awaitable[Any]], settings: Settings, asked: Question) -> Seen:
    public = urlsplit(settings.public_origin)
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": public.scheme,
        "path": asked.path,
        "raw_path": asked.path.encode(),
        "root_path": "",
        "query_string": asked.query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in asked.headers.items()],
        "client": ("127.0.0.1", 0),
        "server": (public.hostname, public.port),
        "state": {},
    }
    started: list[MutableMapping[str, Any]] = []
    body = [b""]
    answered = asyncio.Event()

    async def receive() -> MutableMapping[str, Any]:
        if body:
            return {"type": "http.request", "body": body.pop(), "more_body": False}
        # As a browser that waits: who streams an answer asks on and on whether it is still there.
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            answered.set()

    await app(scope, receive, send)
    (start,) = started
    headers = [
        (bytes(name).decode("latin-1").lower(), bytes(value).decode("latin-1")) for name, value in start["headers"]
    ]
    return Seen(status=start["status"], headers=headers)


def _asked_of_wsgi(app: Callable[..., Iterable[bytes]], settings: Settings, asked: Question) -> Seen:
    public = urlsplit(settings.public_origin)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": asked.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": asked.path,
        "QUERY_STRING": asked.query,
        "SERVER_NAME": public.hostname,
        "SERVER_PORT": str(public.port or {"http": 80, "https": 443}[public.scheme]),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": public.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in asked.headers.items()},
    }
    started: list[Seen] = []

    def start_response(status: str, headers: list[tuple[str, str]], error: object = None) -> Callable[[bytes], None]:
        started.append(Seen(status=int(status.split()[0]), headers=[(name.lower(), value) for name, value in headers]))
        return lambda data: None

    body = app(environ, start_response)
    try:
        for _ in body:
            pass
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()
    return started[-1]
