"""Beside Flask-Login, where its ``request_loader`` finds the user of our session.

How this works. Flask-Login looks for its user in its own session and its remember cookie first, and asks the
``request_loader`` last. So a user whom Flask-Login remembers would hide ours, and a user whom ``logout_user()`` has
forgotten would come back with the next request, since our cookie is still there. Therefore

* ``logout_user()`` signs out here too, also in apps without a ``request_loader``;
* ``login_user()`` of another user signs out here, and a sign-in here ends Flask-Login's session: the last one counts;
* ``login_user()`` of the user who is signed in here keeps both, and Flask-Login's session ends with ours.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, request
from flask import session as flask_session
from werkzeug.exceptions import Forbidden

from ...crypto import constant_time_equals
from ..wsgi import incoming_from
from .current import session, sign_out, whole

_ACCOUNT = "_valetkey_account"  # in Flask's session: the account under which Flask-Login's session was opened
_FLASK_LOGINS = ("_user_id", "_fresh", "_id", "_remember", "_remember_seconds")


def connect(app: Flask) -> None:
    """Listen to Flask-Login's signals, where the app has it."""
    if _manager(app) is not None:
        from flask_login import user_accessed, user_logged_in, user_logged_out  # type: ignore[import-untyped]

        user_logged_out.connect(_logged_out, sender=app)
        user_logged_in.connect(_logged_in, sender=app)
        user_accessed.connect(_accessed, sender=app)


def after_sign_in() -> None:
    """This request's answer signs a user in: Flask-Login's session ends, whosever it was."""
    if _loads_ours():
        _end_flask_logins_session()


def _logged_out(app: Flask, **_: Any) -> None:
    if _came_with_something() and not _is_our_route():
        sign_out()


def _logged_in(app: Flask, user: Any, **_: Any) -> None:
    flask_session.pop(_ACCOUNT, None)
    if not _loads_ours() or not _came_with_something() or _is_our_route():
        return
    try:
        ours = session()
    except Forbidden:  # no page of the app has sent this request, and the app logs somebody in all the same
        ours = None
    if ours is not None:
        loaded = _manager(current_app)._request_callback(request)
        if loaded is not None and constant_time_equals(str(loaded.get_id()), str(user.get_id())):
            flask_session[_ACCOUNT] = ours.account.id
            return
    sign_out()


def _accessed(app: Flask, **_: Any) -> None:
    """Sent before Flask-Login looks for its user."""
    if not _loads_ours() or not (_has_flask_logins_session() or _has_remember_cookie()):
        return
    ours, account_id = session(), flask_session.get(_ACCOUNT)
    # Without a session of ours a login of Flask-Login's alone counts, and one under a sign-in that is over does not.
    counts = account_id is None if ours is None else constant_time_equals(account_id, ours.account.id)
    if not counts:
        _end_flask_logins_session()


def _end_flask_logins_session() -> None:
    """As Flask-Login does itself where its session protection fails."""
    if _has_flask_logins_session() or _has_remember_cookie():
        for key in (*_FLASK_LOGINS, _ACCOUNT):
            flask_session.pop(key, None)
        if _has_remember_cookie():
            flask_session["_remember"] = "clear"


def _manager(app: Flask) -> Any:
    return getattr(app, "login_manager", None)


def _loads_ours() -> bool:
    """Whether Flask-Login asks the app for the user of a request, and so for ours."""
    return getattr(_manager(current_app), "_request_callback", None) is not None


def _has_flask_logins_session() -> bool:
    return "_user_id" in flask_session


def _has_remember_cookie() -> bool:
    """An app without a secret key never set one."""
    name = current_app.config.get("REMEMBER_COOKIE_NAME", "remember_token")
    return current_app.secret_key is not None and name in request.cookies


def _is_our_route() -> bool:
    """A ``resolve_account`` may call ``login_user()``: our own answer says who is signed in by us then."""
    return request.blueprint == "valetkey"


def _came_with_something() -> bool:
    """Whether the request presents anything of ours that could be ended."""
    endpoints, incoming = whole().endpoints, incoming_from(request.environ, "")
    return endpoints.guard.presented_token(incoming) is not None or bool(endpoints.names.read(incoming).logins)
