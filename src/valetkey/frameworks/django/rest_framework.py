"""Django REST framework: the user of a request by the session cookie, or by a bearer token.

In ``settings.py``::

    REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": ["valetkey.frameworks.django.rest_framework.SignInAuthentication"]
    }

A view needs no token of Django's CSRF protection: a request with the cookie and an unsafe method must come from a page
of the app. Errors are those of REST framework: ``{"detail": …, "code": …}``.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.core.exceptions import PermissionDenied
from rest_framework import exceptions  # type: ignore[import-untyped]
from rest_framework.authentication import BaseAuthentication  # type: ignore[import-untyped]
from rest_framework.request import Request  # type: ignore[import-untyped]

from ...errors import ForeignOrigin, NotSignedIn, ValetkeyError
from ...models import Session
from ...web.guard import bearer_token
from ...web.replies import log_error
from .conf import User, sign_in
from .current import cause_of, session_of, unwrapped
from .django_session import user_of_session


class SignInAuthentication(BaseAuthentication):  # type: ignore[misc]  # REST framework has no types
    """``request.user`` is the user who signed in with valetkey, and ``request.auth`` is the ``Session``.

    An anonymous request to a view that needs a user gets 401, with ``WWW-Authenticate: Bearer``. So does a request with
    the token of a session that has ended, or with the session of a user who is gone or inactive. A bearer token of
    another app is left to the next class of the view.
    """

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        """Return the user and the session of a request. None if it presents no session of this app.

        Raises:
            PermissionDenied: 403, the request has an unsafe method, with the session cookie, and no page of this app
                sent it.
            AuthenticationFailed: 401, the session of the bearer token has ended, or its user is gone or inactive.
            APIException: 503, the database does not answer.
        """
        try:
            session = session_of(request)
        except PermissionDenied as refused:
            _refuse(cause_of(refused) or ForeignOrigin())
        except ValetkeyError as error:
            log_error(error)
            _refuse(error)
        if session is None:
            bearer = bearer_token(request.META.get("HTTP_AUTHORIZATION"))
            if sign_in().assembly.sessions.read_token(bearer) is not None:
                _refuse(NotSignedIn())
            return None
        user = user_of_session(unwrapped(request), session)
        if user is None:
            _refuse(NotSignedIn())
        return user, session

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401. Without one, REST framework would answer 403."""
        return "Bearer"


def _refuse(error: ValetkeyError) -> NoReturn:
    """Raise an error of ours as one of REST framework's."""
    detail: dict[str, Any] = {"detail": error.message, "code": error.code, "hint": error.hint}
    kinds = {401: exceptions.AuthenticationFailed, 403: exceptions.PermissionDenied}
    refused = kinds.get(error.status, exceptions.APIException)(detail, error.code)
    refused.status_code = error.status
    refused.wait = error.retry_after_seconds  # becomes Retry-After
    # Without the frames below: their variables hold the session token, and Django's error pages print them.
    raise refused from None
