"""Makes sure that the data in Django's session stays with its user.

How this works. ``django.contrib.auth.login()`` writes the user into Django's session (``SESSION_KEY`` and
``HASH_SESSION_KEY``). If another user logs in later, it flushes the session. A sign-in with valetkey does not open a
session of Django's. But where such a session exists when a user signs in, or a view writes to one while a user is
signed in, this module writes the same keys into it:

* ``login()`` then recognises the session of another user, and flushes it.
* valetkey flushes it as well: when another user signs in, and when a request presents another user's live session.
* ``BACKEND_SESSION_KEY`` names a backend that authenticates no user, so these keys alone sign no user in.

A fourth key records the sign-in. A session of Django's with this record ends together with the sign-in: it is flushed
when a request presents the account's ended session, or when the longest lifetime of the sign-in has passed.
"""

from __future__ import annotations

import time
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.crypto import constant_time_compare

from ...crypto import constant_time_equals
from ...models import Session
from ...sessions.tokens import TokenClaims
from ..wsgi import incoming_from
from .conf import User, sign_in
from .requests import environ_of

BACKEND = "valetkey.frameworks.django.backends.SignInBackend"
_SIGN_IN = "_valetkey_sign_in"  # [account id, when the sign-in ends at the latest, in seconds since 1970]
_FLUSHED = "_valetkey_flushed"  # on the request
_USER = "_valetkey_user"  # on the request: a session of valetkey, and its user


def session_of_django(request: HttpRequest) -> SessionBase | None:
    """Django's session of a request. None without ``SessionMiddleware``, or where a test has replaced it."""
    found = getattr(request, "session", None)
    return found if isinstance(found, SessionBase) else None


def user_of_session(request: HttpRequest, session: Session) -> User | None:
    """The active user of a session of valetkey. It is looked up once a request."""
    from .users import user_of  # it needs the models, which Django loads after the apps

    kept = getattr(request, _USER, None)
    if kept is None or kept[0] is not session:
        kept = session, user_of(session.account.id)
        setattr(request, _USER, kept)
    found: User | None = kept[1]
    return found


def was_flushed(request: HttpRequest) -> bool:
    """Whether Django's session was flushed: it belonged to another user, or to a sign-in that has ended."""
    return hasattr(request, _FLUSHED)


def after_sign_in(request: HttpRequest, session_token: str) -> None:
    """Do for Django's session what ``login()`` does.

    If it is another user's, flush it. Otherwise keep the data under a new session key, and write the user into it.

    Args:
        session_token: the token that the answer to this request sets.
    """
    from .users import user_of

    django_session, claims = session_of_django(request), sign_in().assembly.sessions.read_token(session_token)
    if django_session is None or not django_session.session_key or claims is None:
        return
    user = user_of(claims.account_id)
    if SESSION_KEY in django_session:
        is_theirs = _belongs_to(django_session, user)
    else:  # no user is in it, but the session that the browser presents may show whose it is
        before = _presented(request)
        is_theirs = before is None or constant_time_equals(before.account_id, claims.account_id)
    if not is_theirs:
        _flush(request, django_session)
        rotate_token(request)
    elif not django_session.keys():
        django_session.flush()  # an empty session, whose key another origin may have planted
    else:
        django_session.cycle_key()
        _name(django_session, user, claims.account_id, claims.expires_at)


def reconcile(request: HttpRequest, session: Session | None) -> None:
    """Flush Django's session if it is not the signed-in user's. If it names no user, write the user into it.

    Args:
        session: the live session of valetkey that this request presents, or None.
    """
    django_session = session_of_django(request)
    if django_session is None or not django_session.session_key:
        return
    if session is None:
        if _is_over(request, django_session):
            _flush(request, django_session)
        return
    user = user_of_session(request, session)
    if SESSION_KEY not in django_session:
        name_user(request, session)
    elif not _belongs_to(django_session, user):
        _flush(request, django_session)
        rotate_token(request)
    elif django_session.get(HASH_SESSION_KEY) != (newest := _hashes_of(user)[0]):
        django_session[HASH_SESSION_KEY] = newest  # its hash was made with an older secret, which will be removed


def name_user(request: HttpRequest, session: Session) -> None:
    """Write the user of a session of valetkey into Django's session, unless that is empty."""
    django_session = session_of_django(request)
    if django_session is not None and django_session.keys():
        _name(django_session, user_of_session(request, session), session.account.id, session.expires_at)


def is_unnamed(request: HttpRequest) -> bool:
    """Whether this request has written to a session of Django's that names no user."""
    django_session = session_of_django(request)
    return (
        django_session is not None
        and django_session.modified
        and SESSION_KEY not in django_session
        and bool(django_session.keys())
    )


def forget_sign_in(request: HttpRequest) -> None:
    """Remove the record of our sign-in, which Django's own ``login()`` has replaced."""
    django_session = session_of_django(request)
    if django_session is not None:
        django_session.pop(_SIGN_IN, None)


def _name(django_session: SessionBase, user: User | None, account_id: str, ends_at: float) -> None:
    if user is None:
        return
    if SESSION_KEY not in django_session:
        django_session[SESSION_KEY] = _key_of(user)
        django_session[BACKEND_SESSION_KEY] = BACKEND
    django_session[HASH_SESSION_KEY] = _hashes_of(user)[0]
    django_session[_SIGN_IN] = [account_id, ends_at]


def _belongs_to(django_session: SessionBase, user: User | None) -> bool:
    """The test of ``login()``. As in ``get_user()``, a hash made with one of ``SECRET_KEY_FALLBACKS`` counts."""
    if user is None or django_session.get(SESSION_KEY) != _key_of(user):
        return False
    found = str(django_session.get(HASH_SESSION_KEY, ""))
    return any(constant_time_compare(found, one) for one in _hashes_of(user))


def _key_of(user: Any) -> str:
    return str(user._meta.pk.value_to_string(user))


def _hashes_of(user: Any) -> list[str]:
    """The session hashes of the user, that of the newest secret first. Empty text for a user model without them."""
    if not hasattr(user, "get_session_auth_hash"):
        return [""]
    return [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]


def _is_over(request: HttpRequest, django_session: SessionBase) -> bool:
    """Whether the sign-in that Django's session records has ended. For a request without a live session."""
    record = django_session.get(_SIGN_IN)
    if record is None:
        return False
    account_id, ends_at = record
    presented = _presented(request)
    return time.time() >= ends_at or (presented is not None and constant_time_equals(presented.account_id, account_id))


def _presented(request: HttpRequest) -> TokenClaims | None:
    """What the session token of this request says, even if its session has ended."""
    ours = sign_in()
    session_token = ours.endpoints.guard.presented_token(incoming_from(environ_of(request), ""))
    return ours.assembly.sessions.read_token(session_token)


def _flush(request: HttpRequest, django_session: SessionBase) -> None:
    django_session.flush()
    setattr(request, _FLUSHED, True)
    for cached in ("_cached_user", "_acached_user"):  # by AuthenticationMiddleware
        if hasattr(request, cached):
            delattr(request, cached)
