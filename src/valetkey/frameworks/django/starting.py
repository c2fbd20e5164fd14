"""Sends the start-up check through the whole project, for ``manage.py check`` and before the first request.

How this works: gunicorn, uvicorn, daphne and uWSGI run no checks. So at its first request a process logs what the
checks find, and runs the start-up check. The middleware asks for it. Where the middleware was forgotten, our routes and
``session_of`` do. Until the check passes, these two end with an error (``Misconfigured``). A process whose checks have
passed, as with ``runserver``, does nothing more.

The requests of a test's client do not arrive as real ones do, so none of this happens in tests.
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any

from django.core.checks import ERROR
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse

from ...errors import SettingsError
from ...settings import Settings
from ...web.startup import check as startup_check
from ...web.startup.places import Place
from ...web.startup.run import current_run, note_exception
from ...web.startup.verdicts import Mounts
from ..wsgi import SyncSignIn
from . import conf, mounting, test_run
from .requests import incoming_of, response_of

log = logging.getLogger("valetkey")

_logged = threading.Event()


def faults() -> list[str]:
    """What the start-up check finds: a sentence for each problem."""
    settings = conf.sign_in().settings
    try:
        passed = startup_check.check_wsgi_app(_Project(), settings, mounts=_mounts(), places=_places(settings))
    except SettingsError as wrong:
        return wrong.hint.splitlines()
    conf.sign_in().endpoints.startup.app_passed = passed
    return []


def before_answer(request: HttpRequest, path: str) -> None:
    """Call it before a request to our routes is answered.

    Args:
        request: as Django has it.
        path: what follows the prefix, without a slash in front.

    Raises:
        Misconfigured: the project does not let sign-in through, or the request shows that no callback can arrive. The
            log says why.
    """
    startup, settings = conf.sign_in().endpoints.startup, conf.sign_in().settings
    if startup.settled or _is_exempt():
        return
    _log_checks()
    routes = request.path_info[: len(request.path_info) - len(path)].rstrip("/")
    arrived = request.META.get("SCRIPT_NAME", "").rstrip("/") + routes
    startup.before_wsgi_answer(_Project(), arrived, mounts=_mounts(), places=_places(settings))


def before_session() -> SyncSignIn:
    """Call it before the session of a request is looked up.

    Returns:
        The sign-in of the project.

    Raises:
        Misconfigured: the project does not let sign-in through. The log says why.
    """
    ours = conf.sign_in()
    startup = ours.endpoints.startup
    if not startup.app_passed and current_run() is None and not _is_exempt():
        _log_checks()
        startup.before_wsgi_session(_Project(), mounts=_mounts(), places=_places(ours.settings))
    return ours


def not_routed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the response, or an error of ours, if a request for our routes arrived with its whole public path, and the
    urlconf has only a part of that path. Nothing has said what the app is below."""
    settings = conf.sign_in().settings
    whole = settings.public_prefix
    if (
        response.status_code != 404
        or request.resolver_match is not None
        or whole == settings.prefix
        or not request.path_info.startswith(f"{whole}/")
        or current_run() is not None
    ):
        return response
    fault = conf.sign_in().endpoints.startup.refusal(
        SettingsError(
            f"Requests for {whole}/ arrive with the whole path, and the urlconf has the routes at {settings.prefix}/. "
            f"Let the server say what the app is below (gunicorn --env SCRIPT_NAME={settings.public_base}), or let a "
            f'proxy take {settings.public_base} away, or write path("{whole.strip("/")}/", {mounting.INCLUDE}).'
        )
    )
    incoming = incoming_of(request, request.path_info.removeprefix(f"{whole}/"))
    return response_of(conf.sign_in().endpoints.refuse(incoming, fault))


class _Project:
    """The whole project, under WSGI. Its middleware is loaded at the first request of a check."""

    def __init__(self) -> None:
        self._handler: Any = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self._handler = self._handler or WSGIHandler()
        if test_run.is_on():
            environ = {**environ, "HTTP_HOST": test_run.HOST}  # whatever hosts the project has
        return self._handler(environ, start_response)


def _mounts() -> Mounts:
    fixed = [one.path for one in mounting.mounts() if one.is_fixed]
    return Mounts(paths=fixed, add_them=f'path("auth/", {mounting.INCLUDE})')


def _places(settings: Settings) -> list[Place]:
    """Where requests for the routes arrive: the urlconf says what is routed, and the server says what comes before."""
    return [Place(before=settings.public_base, path=settings.prefix)]


def _log_checks() -> None:
    """Log what ``manage.py check`` says of the settings, once in a process."""
    from . import checks

    if _logged.is_set():
        return
    _logged.set()
    for message in checks.check_settings(None):
        if not message.is_silenced():
            level = logging.ERROR if message.level >= ERROR else logging.WARNING
            log.log(level, "%s: %s %s", message.id, message.msg, message.hint or "")


def _is_exempt() -> bool:
    """Whether this is a test run, in which hosts, mail and templates are not those of the project; or there are no keys
    yet, so that nobody can sign in anyway."""
    return test_run.is_on() or conf.not_configured() is not None


def _note(**_: Any) -> None:
    """Django answers what a middleware raises with a page, and sends this signal."""
    note_exception(sys.exception())


def _is_not_of_check(record: logging.LogRecord) -> bool:
    return current_run() is None


def connect() -> None:
    """Connect to Django's signal, and keep the refusals that the check causes on purpose out of the log."""
    got_request_exception.connect(_note, dispatch_uid="valetkey.startup_check")
    logging.getLogger("django.request").addFilter(_is_not_of_check)
