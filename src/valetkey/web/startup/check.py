"""Runs the start-up check once, for an ASGI or a WSGI app."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from ...errors import SettingsError
from ...settings import Settings
from .blame import is_passing
from .in_process import AppReply, AppRequest, AsgiApp, WsgiApp, send_to_asgi, send_to_wsgi
from .places import Place, address_for, asgi_places, wsgi_places
from .requests import Answers, advance, conversation, failed_reply, redirects_to_https
from .run import Run, running
from .verdicts import Mounts, arrival_problem, problems

log = logging.getLogger("valetkey")

_TIMEOUT_SECONDS = 5.0
# What rate limiters add to the answers that they count: the draft of the IETF, and its predecessors.
_LIMIT_HEADERS = ("ratelimit-policy", "ratelimit-limit", "x-ratelimit-limit", "x-rate-limit-limit")


async def check_asgi_app(
    app: AsgiApp, settings: Settings, *, mounts: Mounts | None = None, places: Sequence[Place] | None = None
) -> bool:
    """Check an ASGI app.

    Args:
        app: the whole app.
        settings: of the app.
        mounts: where the routes are in it, if the framework can tell.
        places: where to ask. Default: wherever requests can arrive.

    Returns:
        Whether the app could answer. If not, a warning was logged.

    Raises:
        SettingsError: the answers differ. Each line is one problem and its fix.
    """
    asking = conversation(settings, places or asgi_places(settings))
    try:
        with running() as run:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                step = advance(asking)
                while isinstance(step, AppRequest):
                    step = advance(asking, run.with_error(await _asgi_reply(app, step)))
    except TimeoutError as error:
        return _cannot_answer(error)
    return _judge(settings, step, run, mounts or Mounts())


def check_wsgi_app(
    app: WsgiApp, settings: Settings, *, mounts: Mounts | None = None, places: Sequence[Place] | None = None
) -> bool:
    """Check a WSGI app. See ``check_asgi_app``.

    Raises:
        SettingsError: the answers differ. Each line is one problem and its fix.
    """
    asking = conversation(settings, places or wsgi_places(settings))
    with running() as run:
        step = advance(asking)
        while isinstance(step, AppRequest):
            step = advance(asking, run.with_error(_wsgi_reply(app, step)))
    return _judge(settings, step, run, mounts or Mounts())


async def _asgi_reply(app: AsgiApp, request: AppRequest) -> AppReply:
    try:
        return await send_to_asgi(app, request)
    except TimeoutError:
        raise
    except Exception as error:
        return failed_reply(error)


def _wsgi_reply(app: WsgiApp, request: AppRequest) -> AppReply:
    try:
        return send_to_wsgi(app, request)
    except Exception as error:
        return failed_reply(error)


def _judge(settings: Settings, answers: Answers, run: Run, mounts: Mounts) -> bool:
    page = answers.page
    if page.status == 503 or is_passing(page.error):
        return _cannot_answer(page.error)
    found = problems(settings, answers, mounts)
    if not found and run.arrived is not None:
        found = [sentence] if (sentence := arrival_problem(settings, run.arrived, mounts)) else []
    if found:
        raise SettingsError("\n".join(found))
    if answers.behind_proxy is not None and redirects_to_https(answers.behind_proxy):
        log.info(
            "the app redirects http to https by itself. If a proxy ends TLS, the app's server must trust what it says "
            "(X-Forwarded-Proto), or every request is redirected to itself for ever: uvicorn --proxy-headers "
            "--forwarded-allow-ips, gunicorn --forwarded-allow-ips, Werkzeug's ProxyFix, Django's "
            "SECURE_PROXY_SSL_HEADER"
        )
    place, public = answers.place, settings.public_prefix
    if any(answers.page.all(name) for name in _LIMIT_HEADERS):
        log.warning(
            "a rate limiter of the app counts the requests below %s/. While a user signs in, the page asks there every "
            "few seconds, and a limit that it reaches delays the sign-in. Exempt what is below %s/ from it "
            "(docs/rate-limits.md). Starts have a limit of their own, VALETKEY_START_LIMIT.",
            place.path,
            place.path,
        )
    if place != Place(before="", path=public):
        # No warning: an app that the server or a proxy has below a path is set up right, and cannot be told apart here.
        log.info(
            "browsers see the routes at %s/, and this app does not answer to that path by itself: the server must say "
            "what the app is below (root_path, SCRIPT_NAME), or a proxy must take it away. If neither does, set %s",
            public,
            address_for(settings, public.removeprefix(place.before) if place.before else place.path),
        )
    return True


def _cannot_answer(error: Exception | None) -> bool:
    kind = f" ({type(error).__name__})" if error else ""
    log.warning("the app could not answer yet%s, so the start-up check was skipped", kind)
    return False


def require_asyncio() -> None:
    """Check that this is an event loop of asyncio.

    Raises:
        SettingsError: it is another one.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise SettingsError(
            "valetkey needs asyncio, and this server runs the app in another event loop, such as trio. Run it in "
            "asyncio: hypercorn without --worker-class trio, and anyio with its backend asyncio."
        ) from None
