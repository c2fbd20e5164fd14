"""Flask: an extension, and who is signed in.

sign_in = SignIn(app)  # or, with a factory, sign_in = SignIn() and there sign_in.init_app(app)

@app.get("/api/me")
@login_required
def me():
    return {"handle": current_account.handle}
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial, wraps
from typing import NoReturn, ParamSpec, TypeVar

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from werkzeug.exceptions import default_exceptions
from werkzeug.local import LocalProxy

from ...errors import SettingsError, ValetkeyError
from ...model import Account, Session
from ...settings import Settings
from ...variables import with_config
from ...welcome import Resolve
from .. import logs
from ..blocking import Blocking, hide_query, incoming_from
from ..messages import BODY_LIMIT_BYTES
from ..replies import error_body, error_headers
from .starting import Start, add_commands

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class SignIn:
    """Sign-in for a Flask app, or for several: nothing of an app is kept here.

    Args:
        settings: in the place of the environment and of ``app.config``, where the same names count more.
        resolve_account: ``(identity, account_id)``, for an app with users of its own: gets or creates one by
            ``account_id``, or raises ``SignInRefused``. It runs in the request's own context, and may be called again
            for the same account.

    Raises:
        SettingsError: with the app, with everything that is wrong.
    """

    def __init__(
        self, app: Flask | None = None, settings: Settings | None = None, *, resolve_account: Resolve | None = None
    ) -> None:
        self._settings = settings
        self._resolve_account = resolve_account
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Register the routes and ``flask valetkey``; ``app.extensions["valetkey"]`` is the whole behind them.

        Before the first request of a process, it looks at what the app makes of our answers; until that is well, the
        app refuses to answer. ``flask valetkey check`` does the same beforehand.

        Raises:
            SettingsError: with everything that is wrong.
        """
        settings = self._settings or Settings.from_environment(with_config(os.environ, app.config))
        blueprint = Blueprint("valetkey", __name__, url_prefix=settings.prefix)
        blueprint.add_url_rule("/<path:path>", "answer", _answer, methods=_METHODS, provide_automatic_options=False)
        start = Start(settings, blueprint)
        try:
            app.extensions["valetkey"] = Blocking(settings, resolve_account=self._resolve_account)
        except SettingsError as fault:
            # A command may be what mends it (flask valetkey migrate). Requests are not answered.
            if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
                raise
            start.fault = fault.explanation
        start.exempt(app)
        blueprint.before_app_request(start)
        blueprint.after_app_request(_vary)
        blueprint.teardown_app_request(partial(_hide_query, f"{settings.prefix}/"))
        blueprint.app_context_processor(lambda: {"current_account": current_account})
        add_commands(blueprint, settings, start)
        app.register_blueprint(blueprint)
        logs.install("werkzeug", below=settings.prefix)


def login_required(view: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """For a view: 401 where nobody is signed in, as JSON; an ``app.errorhandler(401)`` may say it otherwise."""

    @wraps(view)
    def guarded(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        try:
            _whole().endpoints.guard.require(_session())
        except ValetkeyError as error:
            _refuse(error)
        answer: Answer = current_app.ensure_sync(view)(*args, **kwargs)
        return answer

    return guarded


def _account() -> Account | None:
    session = _session()
    return session.account if session else None


def _session() -> Session | None:
    """Asked once a request: ``g`` is its app context's, which several requests may share (of a test, say)."""
    asked = request._get_current_object()  # type: ignore[attr-defined]
    kept = g.get("_valetkey")
    if kept is None or kept[0] is not asked:
        # Who was refused once is nobody: the page that says so may ask again.
        g._valetkey = asked, None
        try:
            g._valetkey = kept = asked, _whole().session_of(request.environ)
        except ValetkeyError as error:
            _refuse(error)
    session: Session | None = kept[1]
    return session


def _vary(response: Response) -> Response:
    """A cache must not hand one person's page to another. As Flask says it of its own session."""
    kept = g.get("_valetkey")
    if kept is not None and kept[0] is request._get_current_object():  # type: ignore[attr-defined]
        response.vary.update(("Cookie", "Authorization"))
    return response


# Who is signed in, or a proxy of None, which is false. On an unsafe method by cookie that no page of the app sent, it
# answers 403.
current_account: Account = LocalProxy(_account)  # type: ignore[assignment]
current_session: Session = LocalProxy(_session)  # type: ignore[assignment]


def _whole() -> Blocking:
    whole: Blocking | None = current_app.extensions.get("valetkey")
    if whole is None:
        raise RuntimeError("This app has no sign-in: call SignIn(app), or sign_in.init_app(app) in its factory.")
    return whole


def _answer(path: str) -> Response:
    body: bytes | None = b""
    if request.content_length:
        # What the app's own hooks have read already is still there.
        body = request.get_data() if request.content_length <= BODY_LIMIT_BYTES else None
    incoming = incoming_from(request.environ, path, body)
    hide_query(request.environ)
    request.query_string = b""  # and from what the app's own hooks write down afterwards
    reply = _whole().answer(incoming)
    # An empty body would say its own length, over what a HEAD's answer says.
    return Response(reply.body or None, reply.status, list(reply.headers))


def _hide_query(below: str, error: BaseException | None) -> None:
    """Of what a hook of the app's, or a redirect of Flask's, has answered in our place."""
    if request.path.startswith(below):
        hide_query(request.environ)


def _refuse(error: ValetkeyError) -> NoReturn:
    response = jsonify(error=error_body(error))
    response.status_code = error.status
    response.headers.extend(error_headers(error))
    raise default_exceptions[error.status](error.message, response) from error
