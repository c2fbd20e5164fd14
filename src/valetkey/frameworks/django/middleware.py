"""``request.user`` is who signed in with us; where nobody did, it stays what Django's own session says, so that the
admin's password login works beside. Looked up when it is asked for, and not before.

Whoever asks for the user on an unsafe method is told that the request came from a page of the app, or it is refused:
403, Django's own page. A bearer is not asked. This is beside Django's CSRF layer, which asks for its token as ever.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject

from ...errors import SettingsError, StoreError
from . import conf, django_session
from .current import as_json, cause_of, reads_pages, session_of, was_asked
from .requests import forget_query, set_cookie
from .signals import came_with_something, cookies_to_set

log = logging.getLogger("valetkey")


class SignInMiddleware(MiddlewareMixin):
    """Place it after ``AuthenticationMiddleware``.

    Raises:
        ImproperlyConfigured: at start, where no check has said so before.
    """

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        try:
            settings = conf.sign_in().settings
            fault = conf.misplaced(settings)
        except SettingsError as wrong:
            raise ImproperlyConfigured(wrong.hint) from None
        if fault is not None:
            raise ImproperlyConfigured(fault)
        self._below = f"{settings.prefix}/"
        if iscoroutinefunction(get_response) and not conf.lands_under_asgi:
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
        djangos, ask_django = request.user, request.auser

        async def auser() -> Any:
            return await sync_to_async(_user_of)(request) or await ask_django()

        request.user = SimpleLazyObject(lambda: _user_of(request) or djangos)  # type: ignore[assignment]
        request.auser = auser
        request.valetkey_session = SimpleLazyObject(lambda: session_of(request))  # type: ignore[attr-defined]

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """In JSON for who does not read pages; a page is Django's business, and the app's 403.html."""
        error = cause_of(exception)
        if error is not None and (isinstance(error, StoreError) or not reads_pages(request)):
            return as_json(error)
        return None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.path.startswith(self._below):
            forget_query(request)  # also where a middleware has answered in our view's place
        _name_owner(request)
        if was_asked(request):
            # A cache must not hand one person's page to another.
            patch_vary_headers(response, ("Cookie", "Authorization"))
        for line in cookies_to_set(request):
            set_cookie(response, line)
        return response


def _user_of(request: HttpRequest) -> Any:
    """The user of valetkey's session, or nobody if that user is gone or not active; None leaves the answer to Django.

    Django's session of another user never counts beside valetkey's, nor does one that was just flushed.
    """
    session = session_of(request)
    if session is not None:
        return django_session.user_of_session(request, session) or AnonymousUser()
    return AnonymousUser() if django_session.was_flushed(request) else None


def _name_owner(request: HttpRequest) -> None:
    """Name the user who is signed in, where a view has written to a session of Django's that names nobody.

    Where the database cannot say who is signed in, the session stays as it is until the next request.
    """
    if came_with_something(request) and django_session.is_unnamed(request):
        with suppress(PermissionDenied, StoreError):
            session = session_of(request)
            if session is not None:
                django_session.name_user(request, session)
