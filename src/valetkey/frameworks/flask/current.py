"""Who is signed in on this request, and signing them out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

from flask import Response, current_app, g, jsonify, request
from werkzeug.exceptions import default_exceptions
from werkzeug.local import LocalProxy

from ...errors import ValetkeyError
from ...models import Account, Session
from ...web.replies import error_body, error_headers
from ..wsgi import Blocking

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def login_required(view: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """For a view: 401 where nobody is signed in, as JSON; an ``app.errorhandler(401)`` may say it otherwise."""

    @wraps(view)
    def guarded(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        try:
            whole().endpoints.guard.require(session())
        except ValetkeyError as error:
            _refuse(error)
        answer: Answer = current_app.ensure_sync(view)(*args, **kwargs)
        return answer

    return guarded


def sign_out() -> None:
    """Sign out the user of this request in a view of your own, as ``DELETE /auth/session`` does.

    The session ends, whether a cookie or a bearer presents it, and so do sign-ins under way in this browser. For the
    rest of the request ``current_account`` is nobody, and the answer clears the cookies, whatever the view returns. The
    request's origin is not checked here: put ``login_required`` before the view, which checks it for POST, or rely on
    your CSRF protection.

    Raises:
        ServiceUnavailable: 503, the database does not answer, and the user may still be signed in.
    """
    try:
        cookies = whole().sign_out(request.environ)
    except ValetkeyError as error:
        _refuse(error)
    asked = request._get_current_object()  # type: ignore[attr-defined]
    g._valetkey = asked, None
    g._valetkey_cookies = asked, cookies


def _account() -> Account | None:
    found = session()
    return found.account if found else None


def session() -> Session | None:
    """Asked once per request. ``g`` belongs to the app context, which several requests may share, as in a test."""
    asked = request._get_current_object()  # type: ignore[attr-defined]
    kept = g.get("_valetkey")
    if kept is None or kept[0] is not asked:
        # After a refusal nobody is signed in: the error page may ask again.
        g._valetkey = asked, None
        try:
            g._valetkey = kept = asked, whole().session_of(request.environ)
        except ValetkeyError as error:
            _refuse(error)
    found: Session | None = kept[1]
    return found


def vary(response: Response) -> Response:
    """A cache must not hand one person's page to another. Flask does the same for its own session."""
    kept = g.get("_valetkey")
    if kept is not None and kept[0] is request._get_current_object():  # type: ignore[attr-defined]
        response.vary.update(("Cookie", "Authorization"))
    return response


def clear_cookies(response: Response) -> Response:
    """Add what ``sign_out`` left for the answer. Registered for the whole app, so that answers to errors have it."""
    kept = g.get("_valetkey_cookies")
    if kept is not None and kept[0] is request._get_current_object():  # type: ignore[attr-defined]
        response.headers.extend(kept[1])
    return response


# Who is signed in, or a proxy of None, which is false. On an unsafe method by cookie that no page of the app sent, it
# answers 403.
current_account: Account = LocalProxy(_account)  # type: ignore[assignment]
current_session: Session = LocalProxy(session)  # type: ignore[assignment]


def whole() -> Blocking:
    found: Blocking | None = current_app.extensions.get("valetkey")
    if found is None:
        raise RuntimeError("This app has no sign-in: call SignIn(app), or sign_in.init_app(app) in its factory.")
    return found


def _refuse(error: ValetkeyError) -> NoReturn:
    response = jsonify(error=error_body(error))
    response.status_code = error.status
    response.headers.extend(error_headers(error))
    raise default_exceptions[error.status](error.message, response) from error
