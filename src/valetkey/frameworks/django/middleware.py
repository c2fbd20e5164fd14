"""The middleware that sets ``request.user``.

``request.user`` is the user who signed in with valetkey. If nobody did, it is the user of Django's own session, so that
the admin's password login works next to it. The user is looked up when the code first reads ``request.user``.

If the request has an unsafe method and the session cookie, reading the user also requires that a page of this app sent
it. Otherwise Django answers 403. This does not apply to a bearer token. Django's own CSRF protection stays as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject, empty

from ...errors import Misconfigured, SettingsError, StoreError
from . import conf, django_session, mounting, starting
from .current import answered, as_json, cause_of, keep_sign_in, reads_pages, session_of, was_asked
from .requests import forget_query, set_cookie
from .signals import cookies_to_set, has_credentials

log = logging.getLogger("valetkey")


class SignInMiddleware(MiddlewareMixin):
    """Sets ``request.user``. Place it after ``AuthenticationMiddleware``.

    Raises:
        ImproperlyConfigured: at start, something in the settings is wrong; the message lists all of it.
    """

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        try:
            settings = conf.sign_in().settings
            missing = conf.not_configured()
            fault = mounting.misplaced(settings) if missing is None else None
        except SettingsError as wrong:
            raise ImproperlyConfigured(wrong.hint) from None
        if fault is not None:
            raise ImproperlyConfigured(fault)
        if missing is not None:
            log.warning("nobody can sign in yet. %s", missing.hint.replace("\n", " "))
        # The server may put the path of the app before the routes (SCRIPT_NAME), which request.path then begins with.
        self._below = (f"{settings.prefix}/", f"{settings.public_prefix}/")
        if iscoroutinefunction(get_response) and not conf.uses_our_asgi:
            log.warning(
                "Under ASGI Django ends a request whose browser has gone, and a sign-in with it. In asgi.py, import "
                "get_asgi_application from valetkey.frameworks.django.asgi."
            )

    def process_request(self, request: HttpRequest) -> None:
        if not hasattr(request, "user"):
            raise ImproperlyConfigured(
                "SignInMiddleware fills request.user, and falls back to Django's: place it after "
                "django.contrib.auth.middleware.AuthenticationMiddleware."
            )
        try:
            # Here, and not in a view: it sends requests through the project.
            keep_sign_in(request, starting.before_session())
        except Misconfigured:
            keep_sign_in(request, None)  # logged, and raised again where the session is looked up
        answered.set(request)
        # Each is in a cycle with the request, for the garbage collector to find: so they are few objects.
        request.user = _Lazy(_user, request, request.user)  # type: ignore[assignment]
        request.auser = partial(_auser, request, request.auser)
        request.valetkey_session = _Lazy(session_of, request)  # type: ignore[attr-defined]

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer our errors as JSON to a client that reads no pages. For a page, Django uses the app's 403.html."""
        error = cause_of(exception)
        if error is not None and (isinstance(error, StoreError) or not reads_pages(request)):
            return as_json(error)
        return None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.path.startswith(self._below):
            forget_query(request)  # also where another middleware has answered before our view
            response = starting.not_routed(request, response)
        _name_user_of_session(request)
        if was_asked(request):
            # A cache must not serve one user's page to another.
            if response.has_header("Vary"):
                patch_vary_headers(response, ("Cookie", "Authorization"))
            else:
                response.headers["Vary"] = "Cookie, Authorization"
        for line in cookies_to_set(request):
            set_cookie(response, line)
        answered.set(None)
        return response


class _Lazy(SimpleLazyObject):  # type: ignore[type-arg]  # it takes none when it runs
    """A ``SimpleLazyObject`` of a function and its arguments, which is quicker to make. Most requests read none of it.

    Django's ``__init__`` goes through its own attribute access five times, which costs a request more than the look-up
    of its session.
    """

    _wrapped = empty

    def __init__(self, *call: Any) -> None:
        object.__setattr__(self, "_valetkey_call", call)

    @property
    def _setupfunc(self) -> Callable[[], object]:
        return partial(*self._valetkey_call)


def _user(request: HttpRequest, django_user: Any) -> Any:
    return _user_of(request) or django_user


async def _auser(request: HttpRequest, ask_django: Callable[[], Awaitable[Any]]) -> Any:
    return await sync_to_async(_user_of)(request) or await ask_django()


def _user_of(request: HttpRequest) -> Any:
    """The user of valetkey's session; anonymous if that user is gone or not active. None leaves the answer to Django.

    Django's session of another user never counts beside valetkey's, nor does one that was just flushed.
    """
    session = session_of(request)
    if session is not None:
        return django_session.user_of_session(request, session) or AnonymousUser()
    return AnonymousUser() if django_session.was_flushed(request) else None


def _name_user_of_session(request: HttpRequest) -> None:
    """Write the signed-in user into Django's session, if a view has written to one that names no user.

    If the database does not answer, the session stays unchanged until the next request.
    """
    if has_credentials(request) and django_session.is_unnamed(request):
        with suppress(PermissionDenied, StoreError):
            session = session_of(request)
            if session is not None:
                django_session.name_user(request, session)
