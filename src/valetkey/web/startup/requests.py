"""What the start-up check asks of an app. Nothing of it changes anything."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ...errors import Expired
from ...settings import Settings
from .in_process import AppReply, AppRequest
from .places import Place

_USER_AGENT = "valetkey start-up check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What an app has answered.

    Args:
        place: where the routes answered, or else the place where something else did.
        page: the answer to ``page_request``.
        sign_out: the answer to ``sign_out_request``. None if it was not asked, because the page was not ours.
        preflights: the answers to ``preflight_requests``.
        behind_proxy: the answer to ``behind_proxy_request``. None if the app is not on https.
    """

    place: Place
    page: AppReply
    sign_out: AppReply | None = None
    preflights: tuple[AppReply, ...] = ()
    behind_proxy: AppReply | None = None


def conversation(settings: Settings, places: Sequence[Place]) -> Generator[AppRequest, AppReply, Answers]:
    """Ask at each place until the routes answer, and then the rest at that place.

    Returns:
        The answers. If the routes answer nowhere, those of the first place with another status than 404.
    """
    elsewhere: Answers | None = None
    for place in places:
        page = yield page_request(settings, place)
        if is_ours(page):
            sign_out = yield sign_out_request(settings, place)
            preflights = []
            for request in preflight_requests(settings, place):
                preflights.append((yield request))
            behind_proxy = (yield behind_proxy_request(settings, place)) if settings.secure else None
            return Answers(
                place=place,
                page=page,
                sign_out=sign_out,
                preflights=tuple(preflights),
                behind_proxy=behind_proxy,
            )
        if elsewhere is None or (elsewhere.page.status == 404 and page.status != 404):
            elsewhere = Answers(place=place, page=page)
    assert elsewhere is not None
    return elsewhere


def advance(asking: Generator[AppRequest, AppReply, Answers], reply: AppReply | None = None) -> AppRequest | Answers:
    """Pass the reply to the last request on. Return the next request, or the answers if there is none."""
    try:
        return next(asking) if reply is None else asking.send(reply)
    except StopIteration as done:
        answers: Answers = done.value
        return answers


def failed_reply(error: Exception) -> AppReply:
    """Return the reply of an app that has raised an exception."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:  # a task group has wrapped it
        error = error.exceptions[0]
    return AppReply(status=500, headers=(), error=error)


def is_ours(page: AppReply) -> bool:
    """Return whether this is the page that was asked for. No login wall and no router has its status (410)."""
    return page.error is None and page.status == Expired.status


def page_request(settings: Settings, place: Place) -> AppRequest:
    """Return the request for one of our pages, which has a status that is ours alone."""
    return AppRequest(
        method="GET",
        origin=settings.public_origin,
        before=place.before,
        path=f"{place.path}/{settings.providers[0].name}/failed",
        query=f"code={Expired.code}",
        headers={
            **_headers(settings),
            "accept": "text/html",
            "sec-fetch-mode": "navigate",
            "sec-fetch-dest": "document",
        },
    )


def behind_proxy_request(settings: Settings, place: Place) -> AppRequest:
    """Return the request for the page as it arrives behind a proxy that ends TLS, where the server does not read what
    the proxy says."""
    page = page_request(settings, place)
    return replace(
        page,
        origin=f"http://{urlsplit(settings.public_origin).netloc}",
        headers={**page.headers, "x-forwarded-proto": "https"},
    )


def redirects_to_https(reply: AppReply) -> bool:
    """Return whether an answer leads to https."""
    return 300 <= reply.status < 400 and any(to.startswith("https:") for to in reply.all("location"))


def sign_out_request(settings: Settings, place: Place) -> AppRequest:
    """Return a sign-out without a session. Its answer clears a cookie."""
    return AppRequest(
        method="DELETE",
        origin=settings.public_origin,
        before=place.before,
        path=f"{place.path}/session",
        query="",
        headers={**_headers(settings), "accept": "application/json"},
    )


def preflight_requests(settings: Settings, place: Place) -> list[AppRequest]:
    """Return what a browser asks before a page on a listed origin may sign out. Many CORS layers answer it themselves,
    for the whole app."""
    sign_out = sign_out_request(settings, place)
    return [
        AppRequest(
            method="OPTIONS",
            origin=settings.public_origin,
            before=place.before,
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


def _headers(settings: Settings) -> dict[str, str]:
    return {
        "host": urlsplit(settings.public_origin).netloc,
        "user-agent": _USER_AGENT,
        "origin": settings.public_origin,
        "sec-fetch-site": "same-origin",
    }
