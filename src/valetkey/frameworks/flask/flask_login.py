"""Works together with Flask-Login, where the app's ``request_loader`` returns the user of our session.

How this works. Flask-Login looks for its user in its own session and its remember cookie first. It calls the
``request_loader`` last. So a user whom Flask-Login remembers would hide ours. And a user who was signed out with
``logout_user()`` would be back with the next request, because our cookie is still there. Therefore:

* ``logout_user()`` signs out here as well, also in apps without a ``request_loader``.
* ``login_user()`` of another user signs out here, and a sign-in here ends Flask-Login's session: the last one counts.
* ``login_user()`` of the user who is signed in here keeps both sessions, and Flask-Login's session ends with ours.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, request
from flask import session as flask_session
from werkzeug.exceptions import Forbidden

from ...crypto import constant_time_equals
from ...login.current_user import AppUser
from ..wsgi import incoming_from
from .current import extension, session, sign_out

_ACCOUNT = "_valetkey_account"  # in Flask's session: the account under which Flask-Login's session was opened
_THEIR_KEYS = ("_user_id", "_fresh", "_id", "_remember", "_remember_seconds")


def connect(app: Flask) -> None:
    """Connect to Flask-Login's signals, if the app uses it."""
    if _manager(app) is not None:
        from flask_login import user_accessed, user_logged_in, user_logged_out  # type: ignore[import-untyped]

        user_logged_out.connect(_logged_out, sender=app)
        user_logged_in.connect(_logged_in, sender=app)
        user_accessed.connect(_accessed, sender=app)


def after_sign_in() -> None:
    """End Flask-Login's session, whichever user it has: the answer to this request signs a user in."""
    if _uses_our_user():
        _end_their_session()


async def user_of_flask_login() -> AppUser | None:
    """The user of Flask-Login's own session, for a ``resolve_account`` that connects an identity to them."""
    if _manager(current_app) is None:
        return None
    from flask_login import current_user

    user = current_user._get_current_object()
    return AppUser(user, str(user.get_id())) if user.is_authenticated and user.get_id() is not None else None


def _logged_out(app: Flask, **_: Any) -> None:
    if _presents_anything() and not _is_our_route():
        sign_out()


def _logged_in(app: Flask, user: Any, **_: Any) -> None:
    flask_session.pop(_ACCOUNT, None)
    if not _uses_our_user() or not _presents_anything() or _is_our_route():
        return
    try:
        ours = session()
    except Forbidden:  # no page of the app sent this request, but the app logs a user in
        ours = None
    if ours is not None:
        loaded = _manager(current_app)._request_callback(request)
        if loaded is not None and constant_time_equals(str(loaded.get_id()), str(user.get_id())):
            flask_session[_ACCOUNT] = ours.account.id
            return
    sign_out()


def _accessed(app: Flask, **_: Any) -> None:
    """Flask-Login sends this signal before it looks for its user."""
    if not _uses_our_user() or not (_has_their_session() or _has_remember_cookie()):
        return
    ours, account_id = session(), flask_session.get(_ACCOUNT)
    # Without such a session, a login with Flask-Login alone counts; one that belongs to an ended sign-in does not.
    counts = account_id is None if ours is None else constant_time_equals(account_id, ours.account.id)
    if not counts:
        _end_their_session()


def _end_their_session() -> None:
    """End it as Flask-Login does when its session protection fails."""
    if _has_their_session() or _has_remember_cookie():
        for key in (*_THEIR_KEYS, _ACCOUNT):
            flask_session.pop(key, None)
        if _has_remember_cookie():
            flask_session["_remember"] = "clear"


def _manager(app: Flask) -> Any:
    return getattr(app, "login_manager", None)


def _uses_our_user() -> bool:
    """Whether the app has a ``request_loader``, which returns our user."""
    return getattr(_manager(current_app), "_request_callback", None) is not None


def _has_their_session() -> bool:
    return "_user_id" in flask_session


def _has_remember_cookie() -> bool:
    """An app without a secret key has never set this cookie."""
    name = current_app.config.get("REMEMBER_COOKIE_NAME", "remember_token")
    return current_app.secret_key is not None and name in request.cookies


def _is_our_route() -> bool:
    """In our own routes our answer decides: a ``resolve_account`` may call ``login_user()`` there."""
    return request.blueprint == "valetkey"


def _presents_anything() -> bool:
    """Whether the request presents one of valetkey's sessions or logins, which could be ended."""
    endpoints, incoming = extension().endpoints, incoming_from(request.environ, "")
    return endpoints.guard.presented_token(incoming) is not None or bool(endpoints.names.read(incoming).logins)
