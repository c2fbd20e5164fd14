"""Who is signed in by our pass, as cookie or bearer; asked once a request, and only if somebody wants to know."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse

from ...errors import ForeignOrigin, NotSignedIn, ValetkeyError, WrongHost
from ...models import Session
from ...web.replies import error_body, error_headers, wants_page
from ..wsgi import incoming_from
from .conf import sign_in
from .django_session import reconcile
from .requests import environ_of

_KEPT = "_valetkey_session"  # on the request: the answer


def session_of(request: HttpRequest) -> Session | None:
    """Who is signed in on this request, or None. In an async view: ``await sync_to_async(session_of)(request)``.

    Raises:
        PermissionDenied: an unsafe method, by cookie, that no page of this app sent.
        StoreError: the database does not answer, and this process has not seen the pass lately.
    """
    request = unwrapped(request)
    if not was_asked(request):
        reconcile(request, recognised(request))
    session: Session | None = getattr(request, _KEPT)
    return session


def recognised(request: HttpRequest) -> Session | None:
    """As ``session_of``, and leaves Django's session alone."""
    request = unwrapped(request)
    if not was_asked(request):
        setattr(request, _KEPT, None)  # who is refused is nobody: the page that says so may ask again
        try:
            # By Django's own method, which a middleware of the app's may have made of a harmless one.
            setattr(request, _KEPT, sign_in().session_of(environ_of(request), request.method))
        except (ForeignOrigin, WrongHost) as refused:
            raise PermissionDenied(refused.message) from refused
        except ValetkeyError as error:
            delattr(request, _KEPT)
            # Without the frames below: their variables hold the pass, and Django's error pages and mails print them.
            raise error.with_traceback(None) from None
    session: Session | None = getattr(request, _KEPT)
    return session


def was_asked(request: HttpRequest) -> bool:
    """Whether this request's answer depends on who is signed in."""
    return hasattr(request, _KEPT)


def forget_session(request: HttpRequest) -> None:
    """It has been ended meanwhile."""
    setattr(request, _KEPT, None)
    request.valetkey_session = None  # type: ignore[attr-defined]


def unwrapped(request: HttpRequest) -> HttpRequest:
    """Django's own, where Django REST framework has put one around it: what is kept on that, no middleware sees."""
    inner: HttpRequest = getattr(request, "_request", request)
    return inner


def session_required(view: Callable[..., Any]) -> Callable[..., Any]:
    """For views that answer with JSON: 401 where nobody is signed in, by cookie or bearer. (A page that sends people to
    sign in has Django's ``login_required``.) The view finds the session in ``request.valetkey_session``."""

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
    """Ours, behind Django's."""
    found = error.__cause__ if isinstance(error, PermissionDenied) else error
    return found if isinstance(found, ValetkeyError) else None


def as_json(error: ValetkeyError) -> HttpResponse:
    return JsonResponse({"error": error_body(error)}, status=error.status, headers=dict(error_headers(error)))


def reads_pages(request: HttpRequest) -> bool:
    return wants_page(incoming_from(request.META, ""))
