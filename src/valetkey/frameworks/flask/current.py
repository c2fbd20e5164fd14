"""The account and the session of the current request, and signing its user out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import NoReturn, ParamSpec, TypeVar

from flask import Flask, Request, Response, current_app, jsonify, request
from markupsafe import Markup
from werkzeug.exceptions import default_exceptions
from werkzeug.local import LocalProxy

from ...errors import NotSignedIn, ValetkeyError
from ...models import Account, Session
from ...protocols.grammar import lower
from ...web import markup
from ...web.replies import error_body, error_headers
from ..wsgi import SyncSignIn

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

_KEPT = "_valetkey"  # on the request: the app's sign-in, and the session that it has found
_COOKIES = "_valetkey_cookies"  # on the request: what the answer must set

# The objects behind Flask's proxies. Each attribute that is read through a proxy costs a look-up of its own.
_app: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]
_request: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]


def login_required(view: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Decorate a view: 401 as JSON if nobody is signed in. ``app.errorhandler(401)`` can answer otherwise."""

    is_async = iscoroutinefunction(view)

    @wraps(view)
    def guarded(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        current, app = _request(), _app()
        if _session_in(current, app) is None:
            _refuse(NotSignedIn())
        # Flask's own ``ensure_sync`` returns a plain view as it is, after a look that costs as much as the session.
        if is_async or type(app).ensure_sync is not Flask.ensure_sync:
            answer: Answer = app.ensure_sync(view)(*args, **kwargs)
            return answer
        return view(*args, **kwargs)

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
    current = _request()
    setattr(current, _KEPT, (extension(), None))
    setattr(current, _COOKIES, cookies)


def _account() -> Account | None:
    found = session()
    return found.account if found else None


def session() -> Session | None:
    """The session of this request, or None. It is looked up once a request.

    It is kept on the request, and not in ``g``: that belongs to the app context, which several requests may share, for
    example in a test. During a request an app may push the context of another app, which has another sign-in.
    """
    return _session_in(_request(), _app())


def _session_in(current: Request, app: Flask) -> Session | None:
    ours = _extension_of(app)
    found: tuple[SyncSignIn, Session | None] | None = getattr(current, _KEPT, None)
    if found is None or found[0] is not ours:
        # After a refusal nobody is signed in, so that the page that shows the error can ask again.
        setattr(current, _KEPT, (ours, None))
        try:
            found = ours, ours.session_of(current.environ)
        except ValetkeyError as error:
            _refuse(error)
        setattr(current, _KEPT, found)
    return found[1]


def account_panel() -> Markup:
    """In a template, ``{{ account_panel() }}``: the panel of the signed-in user's identities and devices.

    It comes with the browser module. If the view has asked who is signed in, as ``login_required`` does, the user's
    identities are listed in it, for browsers without JavaScript. It does not ask by itself, so it makes no page depend
    on the user.
    """
    asked = hasattr(_request(), _KEPT)
    settings = extension().settings
    script = f"{settings.public_prefix}/{'token.js' if settings.hands_out_tokens else 'client.js'}"
    html = markup.account_panel(script, settings.providers, _account() if asked else None)
    return Markup(html)  # noqa: S704  # every value in it is escaped


def complete(response: Response) -> Response:
    """Add to an answer what this request has made necessary. It is registered for the whole app, also for errors.

    A cache must not serve one user's page to another, as Flask says for its own session, too. After ``sign_out``, the
    cookies are cleared.
    """
    current = _request()
    if hasattr(current, _KEPT):
        # Werkzeug's own ``in`` raises and catches an exception, and costs more than all else here.
        for name, _ in response.headers:
            if lower(name) == "vary":
                response.vary.update(("Cookie", "Authorization"))
                break
        else:
            response.headers.add("Vary", "Cookie, Authorization")
    if hasattr(current, _COOKIES):
        response.headers.extend(getattr(current, _COOKIES))
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
    return _extension_of(_app())


def _extension_of(app: Flask) -> SyncSignIn:
    found: SyncSignIn | None = app.extensions.get("valetkey")
    if found is None:
        raise RuntimeError("This app has no sign-in: call SignIn(app), or sign_in.init_app(app) in its factory.")
    return found


def _refuse(error: ValetkeyError) -> NoReturn:
    response = jsonify(error=error_body(error))
    response.status_code = error.status
    response.headers.extend(error_headers(error))
    raise default_exceptions[error.status](error.message, response) from error
