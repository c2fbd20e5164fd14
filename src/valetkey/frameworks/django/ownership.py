"""Whose data Django's session holds, by the keys that ``django.contrib.auth.login()`` writes.

How this works. ``login()`` names the user in the session (``SESSION_KEY``, with ``HASH_SESSION_KEY``), and the next
``login()`` of somebody else flushes what it finds. A sign-in of valetkey opens no session of Django's. But a session
that is there when a user signs in, or that a view writes to while a user is signed in, gets the same keys here:

* ``login()`` then recognises the session of another user, and flushes it by itself;
* so do we, when a user signs in, and whenever a request presents a live session of valetkey's for another user;
* the backend in ``BACKEND_SESSION_KEY`` authenticates nobody, so the keys alone sign nobody in.

A fourth key records the sign-in. A session of Django's with that record ends with the sign-in: it is flushed when a
request presents the revoked or expired session of that account, or when the sign-in's longest lifetime has passed.
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
from ...sessions.tokens import Pass
from ..wsgi import incoming_from
from .conf import User, sign_in
from .requests import environ_of

BACKEND = "valetkey.frameworks.django.backends.SignInBackend"
_SIGN_IN = "_valetkey_sign_in"  # [account id, when the sign-in ends at the latest, in seconds since 1970]
_FLUSHED = "_valetkey_flushed"  # on the request
_USER = "_valetkey_user"  # on the request: a session of valetkey's, and its user


def session_of_django(request: HttpRequest) -> SessionBase | None:
    """Django's session of a request; None where there is no ``SessionMiddleware``, or a test's stand-in for one."""
    found = getattr(request, "session", None)
    return found if isinstance(found, SessionBase) else None


def user_of_session(request: HttpRequest, session: Session) -> User | None:
    """The active user of a session of valetkey's, looked up once a request."""
    from .users import user_of  # models, which are not loaded before all apps are

    kept = getattr(request, _USER, None)
    if kept is None or kept[0] is not session:
        kept = session, user_of(session.account.id)
        setattr(request, _USER, kept)
    found: User | None = kept[1]
    return found


def was_flushed(request: HttpRequest) -> bool:
    """Whether Django's session turned out to be another user's, or of a sign-in that is over."""
    return hasattr(request, _FLUSHED)


def after_sign_in(request: HttpRequest, session_token: str) -> None:
    """Do what ``login()`` does: flush another user's session; else keep the data under a new key, and name the user.

    Args:
        session_token: of the session that this request's answer sets.
    """
    from .users import user_of

    djangos, stated = session_of_django(request), sign_in().assembly.sessions.stated_by(session_token)
    if djangos is None or not djangos.session_key or stated is None:
        return
    user = user_of(stated.account_id)
    if SESSION_KEY in djangos:
        is_theirs = _belongs_to(djangos, user)
    else:  # nobody's; but what the browser presents may tell whose it is
        before = _presented(request)
        is_theirs = before is None or constant_time_equals(before.account_id, stated.account_id)
    if not is_theirs:
        _flush(request, djangos)
        rotate_token(request)
    elif not djangos.keys():
        djangos.flush()  # a key that a neighbour chose, with nothing behind it
    else:
        djangos.cycle_key()
        _name(djangos, user, stated.account_id, stated.expires_at)


def reconcile(request: HttpRequest, session: Session | None) -> None:
    """Flush Django's session where it is not of the user who is signed in, and name that user where nobody is named.

    Args:
        session: of valetkey's, which this request has presented; None where it has presented none that is live.
    """
    djangos = session_of_django(request)
    if djangos is None or not djangos.session_key:
        return
    if session is None:
        if _is_over(request, djangos):
            _flush(request, djangos)
        return
    user = user_of_session(request, session)
    if SESSION_KEY not in djangos:
        name_user(request, session)
    elif not _belongs_to(djangos, user):
        _flush(request, djangos)
        rotate_token(request)
    elif djangos.get(HASH_SESSION_KEY) != (newest := _hashes_of(user)[0]):
        djangos[HASH_SESSION_KEY] = newest  # its hash was made with a secret that is going to be dropped


def name_user(request: HttpRequest, session: Session) -> None:
    """Name the user of a session of valetkey's in Django's session, unless that is empty."""
    djangos = session_of_django(request)
    if djangos is not None and djangos.keys():
        _name(djangos, user_of_session(request, session), session.account.id, session.expires_at)


def is_unnamed(request: HttpRequest) -> bool:
    """Whether this request has written to a session of Django's that names nobody."""
    djangos = session_of_django(request)
    return djangos is not None and djangos.modified and SESSION_KEY not in djangos and bool(djangos.keys())


def forget_sign_in(request: HttpRequest) -> None:
    """Django's own ``login()`` has replaced our sign-in."""
    djangos = session_of_django(request)
    if djangos is not None:
        djangos.pop(_SIGN_IN, None)


def _name(djangos: SessionBase, user: User | None, account_id: str, ends_at: float) -> None:
    if user is None:
        return
    if SESSION_KEY not in djangos:
        djangos[SESSION_KEY] = _key_of(user)
        djangos[BACKEND_SESSION_KEY] = BACKEND
    djangos[HASH_SESSION_KEY] = _hashes_of(user)[0]
    djangos[_SIGN_IN] = [account_id, ends_at]


def _belongs_to(djangos: SessionBase, user: User | None) -> bool:
    """By ``login()``'s own rule; a hash under a secret of ``SECRET_KEY_FALLBACKS`` counts, as for ``get_user()``."""
    if user is None or djangos.get(SESSION_KEY) != _key_of(user):
        return False
    found = str(djangos.get(HASH_SESSION_KEY, ""))
    return any(constant_time_compare(found, one) for one in _hashes_of(user))


def _key_of(user: Any) -> str:
    return str(user._meta.pk.value_to_string(user))


def _hashes_of(user: Any) -> list[str]:
    """The hashes of the user's password, the newest secret's first. A user without one has empty text, as in Django."""
    if not hasattr(user, "get_session_auth_hash"):
        return [""]
    return [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]


def _is_over(request: HttpRequest, djangos: SessionBase) -> bool:
    """For a request without a live session: whether the sign-in that Django's session records has ended."""
    record = djangos.get(_SIGN_IN)
    if record is None:
        return False
    account_id, ends_at = record
    presented = _presented(request)
    return time.time() >= ends_at or (presented is not None and constant_time_equals(presented.account_id, account_id))


def _presented(request: HttpRequest) -> Pass | None:
    """What the session token of this request states, even when it is over."""
    whole = sign_in()
    session_token = whole.endpoints.guard.presented_token(incoming_from(environ_of(request), ""))
    return whole.assembly.sessions.stated_by(session_token)


def _flush(request: HttpRequest, djangos: SessionBase) -> None:
    djangos.flush()
    setattr(request, _FLUSHED, True)
    for cached in ("_cached_user", "_acached_user"):  # of AuthenticationMiddleware's
        if hasattr(request, cached):
            delattr(request, cached)
