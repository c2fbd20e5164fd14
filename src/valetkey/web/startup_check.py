"""The start-up check: a few requests through the whole app, to see whether our answers arrive unchanged.

How this works:

- Most of what goes wrong with a sign-in lies between our routes and the browser. The routes are mounted elsewhere than
  the callback URL says. A middleware sets a header that severs the popup. Another one rewrites or drops cookies. A CSRF
  or login middleware refuses requests that it does not know. A CORS layer answers our preflights.
- So when the app starts, valetkey sends it requests that change nothing: for one of its pages, for a sign-out without a
  session, and a preflight for each origin that ``VALETKEY_ORIGINS`` lists. They go through all middleware.
- A rate limiter that counts these requests is named in a warning, because a page asks often while a user signs in.
- Each difference between an answer and what valetkey sent is a sentence with its fix, and the app does not start. An
  app that cannot answer yet, because its database is still down for example, is only warned.

Without the check, each of these would be a sign-in that fails for some users. No library does this, because no
library knows what our answers must look like.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from ..errors import Expired, SettingsError
from ..settings import Settings
from . import pages
from .cookies import CookieNames
from .in_process import AppReply, AppRequest, AsgiApp, WsgiApp, send_to_asgi, send_to_wsgi

log = logging.getLogger("valetkey")

_TIMEOUT_SECONDS = 5.0
_USER_AGENT = "valetkey start-up check"
# What rate limiters add to the answers that they count: the draft of the IETF, and its predecessors.
_LIMIT_HEADERS = ("ratelimit-policy", "ratelimit-limit", "x-ratelimit-limit", "x-rate-limit-limit")


async def check_asgi_app(app: AsgiApp, settings: Settings) -> bool:
    """Check an ASGI app.

    Returns:
        Whether the app could answer. If not, a warning was logged.

    Raises:
        SettingsError: the answers differ. Each line is one problem and its fix.
    """
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            replies = [await send_to_asgi(app, request) for request in _all_requests(settings)]
    except Exception as error:
        return _cannot_answer(error)
    return _judge(settings, replies)


def check_wsgi_app(app: WsgiApp, settings: Settings) -> bool:
    """Check a WSGI app. See ``check_asgi_app``.

    Raises:
        SettingsError: the answers differ. Each line is one problem and its fix.
    """
    try:
        replies = [send_to_wsgi(app, request) for request in _all_requests(settings)]
    except Exception as error:
        return _cannot_answer(error)
    return _judge(settings, replies)


def _judge(settings: Settings, replies: Sequence[AppReply]) -> bool:
    page, sign_out, *preflights = replies
    if page.status >= 500:
        return _cannot_answer(None)
    found = problems(settings, page, sign_out, preflights)
    if found:
        raise SettingsError("\n".join(found))
    if any(page.all(name) for name in _LIMIT_HEADERS):
        log.warning(
            "a rate limiter of the app counts the requests below %s/. While a user signs in, the page asks there every "
            "few seconds, and a limit that it reaches delays the sign-in. Exempt what is below %s/ from it "
            "(docs/rate-limits.md). Starts have a limit of their own, VALETKEY_START_LIMIT.",
            settings.prefix,
            settings.prefix,
        )
    return True


def _cannot_answer(error: Exception | None) -> bool:
    kind = f" ({type(error).__name__})" if error else ""
    log.warning("the app could not answer yet%s, so the start-up check was skipped", kind)
    return False


# What is asked


def check_requests(settings: Settings) -> tuple[AppRequest, AppRequest]:
    """Return the request for a page and the sign-out.

    The page has a status (410) that no login wall or router uses. The sign-out has no session, and clears a cookie.
    """
    headers = {
        "host": urlsplit(settings.public_origin).netloc,
        "user-agent": _USER_AGENT,
        "origin": settings.public_origin,
        "sec-fetch-site": "same-origin",
    }
    callback = f"{settings.prefix}/{settings.providers[0].name}"
    return (
        AppRequest(
            method="GET",
            origin=settings.public_origin,
            path=f"{callback}/failed",
            query=f"code={Expired.code}",
            headers={**headers, "accept": "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
        ),
        AppRequest(
            method="DELETE",
            origin=settings.public_origin,
            path=f"{settings.prefix}/session",
            query="",
            headers={**headers, "accept": "application/json"},
        ),
    )


def preflight_requests(settings: Settings) -> list[AppRequest]:
    """Return what a browser asks before a page on a listed origin may sign out. Many CORS layers answer it themselves,
    for the whole app."""
    _, sign_out = check_requests(settings)
    return [
        AppRequest(
            method="OPTIONS",
            origin=settings.public_origin,
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


def _all_requests(settings: Settings) -> list[AppRequest]:
    return [*check_requests(settings), *preflight_requests(settings)]


# What the answers mean


def problems(settings: Settings, page: AppReply, sign_out: AppReply, preflights: Sequence[AppReply] = ()) -> list[str]:
    """Return what is wrong with the answers, each problem with its fix.

    Args:
        settings: of the app.
        page, sign_out: the answers to ``check_requests``.
        preflights: the answers to ``preflight_requests``.
    """
    page_request, sign_out_request = check_requests(settings)
    if page.status != Expired.status:
        return [_not_our_page(settings, page_request, page.status)]
    found = []
    for name, ours in (("cross-origin-opener-policy", "unsafe-none"), ("content-security-policy", pages.policy(None))):
        if page.all(name) != [ours]:
            found.append(
                f"Something in the app sets {name.title()} on the pages below {settings.prefix}/, where valetkey sets "
                "it already. The popup would be cut off, or its page would not run. Make it keep a header that is "
                f"already set, or exclude what is below {settings.prefix}/."
            )
    if sign_out.status != 204:
        found.append(
            f"The app answers {sign_out_request.method} {sign_out_request.path} with {sign_out.status}, before the "
            f"request reaches valetkey. Exempt what is below {settings.prefix}/ there. (A CSRF layer? valetkey has its "
            "own, which is stricter.)"
        )
    elif CookieNames(secure=settings.secure, name=settings.cookie).clear_session()[1] not in sign_out.all("set-cookie"):
        found.append(
            "Something in the app changes or drops the cookies that valetkey sets (their attributes, or the whole "
            f"header). Exempt what is below {settings.prefix}/ there, or no user stays signed in."
        )
    for request, preflight in zip(preflight_requests(settings), preflights, strict=True):
        if not _allows(preflight, request.headers):
            found.append(
                f"A CORS layer of the app answers for valetkey, and a page on {request.headers['origin']}, which "
                "VALETKEY_ORIGINS names, could not sign in and out. Make it leave out what is below "
                f"{settings.prefix}/, or allow that origin there too, with credentials, the methods GET, POST and "
                f"DELETE, and the headers {request.headers['access-control-request-headers']}."
            )
    return found


def _allows(preflight: AppReply, asked: Mapping[str, str]) -> bool:
    """Read the answer as a browser does. With credentials a star is no wildcard. Fetch standard §4.9."""

    def listed(name: str) -> set[str]:
        return {one.strip().lower() for value in preflight.all(name) for one in value.split(",")}

    return (
        200 <= preflight.status < 300
        and preflight.all("access-control-allow-origin") == [asked["origin"]]
        and preflight.all("access-control-allow-credentials") == ["true"]
        and asked["access-control-request-method"].lower() in listed("access-control-allow-methods")
        and set(asked["access-control-request-headers"].split(",")) <= listed("access-control-allow-headers")
    )


def _not_our_page(settings: Settings, request: AppRequest, status: int) -> str:
    if status == 404:
        return (
            f"valetkey does not answer at {request.path}. The callback URL says that its routes are mounted at "
            f"{settings.prefix}: mount them there, without another prefix before it, or change both."
        )
    if status == 400:
        return (
            f"The app refuses its own address, {request.headers['host']}, which the callback URL names. Add it where "
            "the app lists the hosts that it answers to."
        )
    if status == 429:
        return (
            f"A rate limiter of the app answers {request.path} with 429. Exempt what is below {settings.prefix}/ from "
            "it (docs/rate-limits.md). Starts have a limit of their own, VALETKEY_START_LIMIT."
        )
    return (
        f"The app answers {request.path} with {status}, before the request reaches valetkey. What is below "
        f"{settings.prefix}/ must be open to users who are not signed in: exempt it there."
    )
