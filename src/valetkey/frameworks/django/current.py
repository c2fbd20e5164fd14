"""The session of a request, by cookie or bearer token. It is looked up once a request, when the code first needs it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import LazyObject

from ...errors import ForeignOrigin, NotSignedIn, ValetkeyError, WrongHost
from ...login.current_user import AppUser
from ...models import Session
from ...web.replies import error_body, error_headers, wants_page
from ..wsgi import SyncSignIn, incoming_from
from . import starting
from .django_session import reconcile, was_flushed
from .requests import environ_of

_KEPT = "_valetkey_session"  # on the request: the answer
_OURS = "_valetkey_sign_in"  # on the request: the sign-in of the project, which the middleware has looked up

# The request that is being answered, for signals that bring none. The middleware sets it.
answered: ContextVar[HttpRequest | None] = ContextVar("valetkey_request", default=None)


def session_of(request: HttpRequest) -> Session | None:
    """Return the session of a request, or None if nobody is signed in.

    In an async view, call it with ``await sync_to_async(session_of)(request)``.

    Raises:
        PermissionDenied: the request has an unsafe method, with the session cookie, and no page of this app sent it.
        StoreError: the database does not answer, and this process has not seen the session lately.
        Misconfigured: the project does not let sign-in through. The log says why.
    """
    request = unwrapped(request)
    if not was_asked(request):
        reconcile(request, recognised(request))
    session: Session | None = getattr(request, _KEPT)
    return session


def recognised(request: HttpRequest) -> Session | None:
    """As ``session_of``, without changing Django's session."""
    request = unwrapped(request)
    if not was_asked(request):
        ours = getattr(request, _OURS, None) or starting.before_session()
        setattr(request, _KEPT, None)  # after a refusal nobody is signed in, so that the error page can ask again
        try:
            # Django's own method counts: a middleware may have turned a GET into a DELETE (method override).
            setattr(request, _KEPT, ours.session_of(environ_of(request), request.method))
        except (ForeignOrigin, WrongHost) as refused:
            raise PermissionDenied(refused.message) from refused
        except ValetkeyError as error:
            delattr(request, _KEPT)
            # Without the frames below: their variables hold the session token, and Django's error pages print them.
            raise error.with_traceback(None) from None
    session: Session | None = getattr(request, _KEPT)
    return session


def keep_sign_in(request: HttpRequest, ours: SyncSignIn | None) -> None:
    """Keep the sign-in of the project, which lets sign-in through. None: it does not."""
    setattr(request, _OURS, ours)


def was_asked(request: HttpRequest) -> bool:
    """Whether the code has looked up the session, so that the answer may depend on it."""
    return hasattr(request, _KEPT)


def forget_session(request: HttpRequest) -> None:
    """Make the request anonymous, after its session has ended."""
    setattr(request, _KEPT, None)
    request.valetkey_session = None  # type: ignore[attr-defined]


async def user_signed_in_otherwise(request: HttpRequest) -> AppUser | None:
    """The user whom Django itself has signed in, by its session or by any other middleware; for ``resolve_account``."""
    # It ends Django's session if that belongs to a sign-in that is over: its user connects nothing any more.
    if session_of(request) is not None or was_flushed(request):
        return None
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated or user.pk is None:
        return None
    while isinstance(user, LazyObject):  # the function of the app gets the model itself, and no proxy of it
        user = user._wrapped
    return AppUser(user, str(user._meta.pk.value_to_string(user)))


def unwrapped(request: HttpRequest) -> HttpRequest:
    """Django's own request. Django REST framework wraps it, and middleware does not see attributes of the wrapper."""
    inner: HttpRequest = getattr(request, "_request", request)
    return inner


def session_required(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a view that answers with JSON: 401 if nobody is signed in, by cookie or bearer token.

    The view finds the session in ``request.valetkey_session``. For a page that sends users to sign in, use Django's
    ``login_required``.
    """

    def refused(request: HttpRequest) -> HttpResponse | None:
        try:
            session = session_of(request)
        except (PermissionDenied, ValetkeyError) as error:
            return as_json(cause_of(error) or ForeignOrigin())
        if session is None:
            return as_json(NotSignedIn())
        request.valetkey_session = session  # type: ignore[attr-defined]
        return None

    if iscoroutinefunction(view):

        @functools.wraps(view)
        async def asynchronous(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return await sync_to_async(refused)(request) or await view(request, *args, **kwargs)

        return asynchronous

    @functools.wraps(view)
    def synchronous(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return refused(request) or view(request, *args, **kwargs)

    return synchronous


def cause_of(error: BaseException) -> ValetkeyError | None:
    """The ``ValetkeyError`` of an exception, which may be the cause of one of Django's. None if there is none."""
    found = error.__cause__ if isinstance(error, PermissionDenied) else error
    return found if isinstance(found, ValetkeyError) else None


def as_json(error: ValetkeyError) -> HttpResponse:
    """Answer an error as JSON."""
    return JsonResponse({"error": error_body(error)}, status=error.status, headers=dict(error_headers(error)))


def reads_pages(request: HttpRequest) -> bool:
    """Whether the client shows a page to a user."""
    return wants_page(incoming_from(request.META, ""))
