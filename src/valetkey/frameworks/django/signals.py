"""Ends sessions of valetkey on Django's signals.

Django's ``logout()`` ends them, and Django's ``login()`` does (the last sign-in counts). So does the deletion of a
user, and a user who is set inactive.
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

from .conf import sign_in
from .current import forget_session, recognised, unwrapped
from .django_session import forget_sign_in, name_user
from .models import SignInAccount
from .requests import environ_of
from .users import user_of

_COOKIES = "_valetkey_cookies"  # on the request: what the middleware sets on its response


def connect() -> None:
    """Connect to the signals."""
    user_logged_in.connect(_logged_in, dispatch_uid="valetkey.logged_in")
    user_logged_out.connect(_sign_out, dispatch_uid="valetkey.logged_out")
    post_delete.connect(_end_all, sender=SignInAccount, dispatch_uid="valetkey.deleted")
    post_save.connect(_saved, sender=get_user_model(), dispatch_uid="valetkey.saved")


def cookies_to_set(request: HttpRequest) -> list[str]:
    """The ``Set-Cookie`` lines that the answer to this request must have."""
    found: list[str] = getattr(request, _COOKIES, [])
    return found


def _logged_in(sender: object, request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Keep both sessions if it is the same user; Django's session then ends with ours. Otherwise, end ours."""
    if request is not None and has_credentials(request):
        with suppress(PermissionDenied):
            session = recognised(request)  # not session_of: login() has just written the user into Django's session
            if session is not None and user_of(session.account.id) == user:
                name_user(unwrapped(request), session)
                return
        forget_sign_in(unwrapped(request))
    _sign_out(sender, request)


def _sign_out(sender: object, request: HttpRequest | None, **_: Any) -> None:
    """Sign out as ``DELETE /auth/session`` does. Django has checked where the request comes from.

    Raises:
        StoreError: the user may still be signed in, so ``logout()`` fails.
    """
    if request is None or not has_credentials(request):
        return
    request = unwrapped(request)
    cookies = sign_in().sign_out(environ_of(request))
    forget_session(request)
    setattr(request, _COOKIES, [value for _, value in cookies])


def has_credentials(request: HttpRequest) -> bool:
    """Whether a request has any credentials. One that a test made up, to log its client in, has none."""
    return "HTTP_COOKIE" in request.META or "HTTP_AUTHORIZATION" in request.META


def _end_all(sender: object, instance: Any, using: str, **_: Any) -> None:
    end = functools.partial(sign_out_everywhere, instance.account_id)
    transaction.on_commit(end, using=using, robust=True)


def _saved(sender: object, instance: Any, created: bool, using: str, **_: Any) -> None:
    """End the sessions of an inactive user, for code that reads the session and not the user."""
    if not created and not instance.is_active:
        for account in SignInAccount.objects.using(using).filter(user=instance):
            _end_all(sender, account, using)


def sign_out_everywhere(account_id: str) -> None:
    """End all sessions of an account.

    Raises:
        StoreError: the database does not answer.
    """
    sign_in().sessions.revoke_all(account_id)
