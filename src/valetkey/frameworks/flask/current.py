"""The account and the session of the current request, and signing its user out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

from flask import Response, current_app, g, jsonify, request
from markupsafe import Markup
from werkzeug.exceptions import default_exceptions
from werkzeug.local import LocalProxy

from ...errors import ValetkeyError
from ...models import Account, Session
from ...web import markup
from ...web.replies import error_body, error_headers
from ..wsgi import SyncSignIn

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def login_required(view: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Decorate a view: 401 as JSON if nobody is signed in. ``app.errorhandler(401)`` can answer otherwise."""

    @wraps(view)
    def guarded(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        try:
            extension().endpoints.guard.require(session())
        except ValetkeyError as error:
            _refuse(error)
        answer: Answer = current_app.ensure_sync(view)(*args, **kwargs)
        return answer

    return guarded


def sign_out() -> None:
    """Sign out the user of this request, in a view of your own. ``DELETE /auth/session`` does the same.

    The session of the cookie or the bearer token ends, and so do the sign-ins that are under way in this browser. The
    answer clears the cookies, whatever the view returns. For the rest of the request, ``current_account`` is None. The
    origin of the request is not checked here: decorate the view with ``login_required``, which checks it for POST, or
    rely on your CSRF protection.

    Raises:
        ServiceUnavailable: 503, the database does not answer, and the user may still be signed in.
    """
    try:
        cookies = extension().sign_out(request.environ)
    except ValetkeyError as error:
        _refuse(error)
    current = request._get_current_object()  # type: ignore[attr-defined]
    g._valetkey = current, None
    g._valetkey_cookies = current, cookies


def _account() -> Account | None:
    found = session()
    return found.account if found else None


def session() -> Session | None:
    """The session of this request, or None. It is looked up once a request.

    ``g`` belongs to the app context, which several requests may share, for example in a test. So the request is kept
    next to its session.
    """
    current = request._get_current_object()  # type: ignore[attr-defined]
    kept = g.get("_valetkey")
    if kept is None or kept[0] is not current:
        # After a refusal nobody is signed in, so that the page that shows the error can ask again.
        g._valetkey = current, None
        try:
            g._valetkey = kept = current, extension().session_of(request.environ)
        except ValetkeyError as error:
            _refuse(error)
    found: Session | None = kept[1]
    return found


def account_panel() -> Markup:
    """In a template, ``{{ account_panel() }}``: the panel of the signed-in user's identities and devices.

    It comes with the browser module. If the view has asked who is signed in, as ``login_required`` does, the user's
    identities are listed in it, for browsers without JavaScript. It does not ask by itself, so it makes no page depend
    on the user.
    """
    kept = g.get("_valetkey")
    asked = kept is not None and kept[0] is request._get_current_object()  # type: ignore[attr-defined]
    settings = extension().settings
    script = f"{settings.public_prefix}/{'token.js' if settings.hands_out_tokens else 'client.js'}"
    html = markup.account_panel(script, settings.providers, _account() if asked else None)
    return Markup(html)  # noqa: S704  # every value in it is escaped


def vary(response: Response) -> Response:
    """A cache must not serve one user's page to another. Flask does the same for its own session."""
    kept = g.get("_valetkey")
    if kept is not None and kept[0] is request._get_current_object():  # type: ignore[attr-defined]
        response.vary.update(("Cookie", "Authorization"))
    return response


def clear_cookies(response: Response) -> Response:
    """Add the cookies that ``sign_out`` clears. It is registered for the whole app, so that errors have them, too."""
    kept = g.get("_valetkey_cookies")
    if kept is not None and kept[0] is request._get_current_object():  # type: ignore[attr-defined]
        response.headers.extend(kept[1])
    return response


# The account and the session of this request. Where nobody is signed in, they are false. On a request with an unsafe
# method and the session cookie that no page of the app sent, using them answers 403.
current_account: Account = LocalProxy(_account)  # type: ignore[assignment]
current_session: Session = LocalProxy(session)  # type: ignore[assignment]


def extension() -> SyncSignIn:
    """The sign-in of the current app.

    Raises:
        RuntimeError: there is no app context, or the app has no sign-in.
    """
    found: SyncSignIn | None = current_app.extensions.get("valetkey")
    if found is None:
        raise RuntimeError("This app has no sign-in: call SignIn(app), or sign_in.init_app(app) in its factory.")
    return found


def _refuse(error: ValetkeyError) -> NoReturn:
    response = jsonify(error=error_body(error))
    response.status_code = error.status
    response.headers.extend(error_headers(error))
    raise default_exceptions[error.status](error.message, response) from error
