"""Ends sessions of valetkey on Django's signals.

Django's ``logout()`` ends them, and Django's ``login()`` does (the last sign-in counts). So does the deletion of a
user, and a user who is set inactive. A new password ends those of the user's other browsers, as it ends their sessions
of Django's; the browser that changes the password stays signed in.
"""

from __future__ import annotations

import functools
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest

from ...errors import StoreError
from .conf import sign_in
from .current import answered, forget_session, recognised, unwrapped
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
    post_save.connect(_saved, dispatch_uid="valetkey.saved")  # a proxy of the user model is a sender of its own


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


def _end_all(sender: object, instance: Any, using: str, keep: str | None = None, **_: Any) -> None:
    end = functools.partial(sign_out_everywhere, instance.account_id, keep=keep)
    transaction.on_commit(end, using=using, robust=True)


def _saved(
    sender: object, instance: Any, created: bool, using: str, update_fields: Collection[str] | None, **_: Any
) -> None:
    """End the sessions of an inactive user, for code that reads the session and not the user; and after a change of the
    password all but that of the request that changes it."""
    if created or not isinstance(instance, get_user_model()):
        return
    if instance.is_active and not _has_new_password(instance, update_fields):
        return
    for account in SignInAccount.objects.using(using).filter(user=instance):
        _end_all(sender, account, using, keep=_session_of_answered() if instance.is_active else None)


def _has_new_password(user: Any, update_fields: Collection[str] | None) -> bool:
    """Whether this save is a change of the password. ``set_password()`` leaves the text here until then. A hash that is
    only made anew, by a better hasher or at a log-in, leaves none."""
    return getattr(user, "_password", None) is not None and (update_fields is None or "password" in update_fields)


def _session_of_answered() -> str | None:
    """The id of the session that the current request presents. None outside of a request."""
    request = answered.get()
    if request is None or not has_credentials(request):
        return None
    with suppress(PermissionDenied, StoreError):
        session = recognised(request)
        return session.id if session is not None else None
    return None


def sign_out_everywhere(account_id: str, *, keep: str | None = None) -> None:
    """End all sessions of an account.

    Args:
        account_id: the account.
        keep: the id of the one session that stays live. Default: none stays.

    Raises:
        StoreError: the database does not answer.
    """
    sign_in().sessions.revoke_all(account_id, keep=keep)
