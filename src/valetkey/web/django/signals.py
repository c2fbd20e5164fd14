"""What ends a session of ours besides our own sign-out: Django's logout, Django's login (whoever signs in last is
signed in), and a user who is deleted, or is not active any more.
"""

from __future__ import annotations

import functools
from contextlib import suppress
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest

from ...errors import StoreError
from ..blocking import incoming_from
from ..messages import Incoming
from .conf import sign_in
from .models import SignInAccount
from .requests import environ_of
from .sessions import forget_session, session_of, unwrapped
from .users import user_of

_COOKIES = "_valetkey_cookies"  # on the request: what the middleware sets on its response


def connect() -> None:
    user_logged_in.connect(_logged_in, dispatch_uid="valetkey.logged_in")
    user_logged_out.connect(_sign_out, dispatch_uid="valetkey.logged_out")
    post_delete.connect(_end_all, sender=SignInAccount, dispatch_uid="valetkey.deleted")
    post_save.connect(_saved, sender=get_user_model(), dispatch_uid="valetkey.saved")


def cookies_to_set(request: HttpRequest) -> list[str]:
    found: list[str] = getattr(request, _COOKIES, [])
    return found


def _logged_in(sender: object, request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Who opens a session of Django's for the one who is signed in already stays signed in."""
    if request is not None and _came_with_something(request):
        with suppress(PermissionDenied):
            session = session_of(request)
            if session is not None and user_of(session.account.id) == user:
                return
    _sign_out(sender, request)


def _sign_out(sender: object, request: HttpRequest | None, **_: Any) -> None:
    """The very sign-out that the page's button asks for: it also ends what is under way in this browser."""
    if request is None or not _came_with_something(request):
        return
    request = unwrapped(request)
    incoming = incoming_from(environ_of(request), "session")
    blocking = sign_in()
    headers = [(name, value) for name, value in incoming.headers if name in ("authorization", "cookie")]
    reply = blocking.answer(
        # Django has judged where this came from.
        Incoming(method="DELETE", path="session", headers=[*headers, ("origin", blocking.settings.public_origin)])
    )
    if reply.status >= 500:
        raise StoreError  # nobody is told that he is signed out who is not
    forget_session(request)
    setattr(request, _COOKIES, [value for name, value in reply.headers if name == "set-cookie"])


def _came_with_something(request: HttpRequest) -> bool:
    """A request that somebody made up, to log a test's client in, has nothing at all."""
    return "HTTP_COOKIE" in request.META or "HTTP_AUTHORIZATION" in request.META


def _end_all(sender: object, instance: Any, using: str, **_: Any) -> None:
    end = functools.partial(sign_out_everywhere, instance.account_id)
    transaction.on_commit(end, using=using, robust=True)


def _saved(sender: object, instance: Any, created: bool, using: str, **_: Any) -> None:
    """What asks for the session alone, and not for its user, must not go on either."""
    if not created and not instance.is_active:
        for account in SignInAccount.objects.using(using).filter(user=instance):
            _end_all(sender, account, using)


def sign_out_everywhere(account_id: str) -> None:
    """
    Raises:
        StoreError
    """
    blocking = sign_in()
    blocking.run(blocking.assembly.sessions.end_all(account_id))
