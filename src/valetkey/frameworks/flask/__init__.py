"""Flask: an extension, and who is signed in.

sign_in = SignIn(app)  # or, with a factory, sign_in = SignIn() and there sign_in.init_app(app)

@app.get("/api/me")
@login_required
def me():
    return {"handle": current_account.handle}
"""

from __future__ import annotations

import os
from functools import partial

from flask import Blueprint, Flask, Response, request

from ...errors import SettingsError
from ...login.completion import Resolve
from ...settings import Settings
from ...settings.variables import with_config
from ...web import logs
from ...web.http import BODY_LIMIT_BYTES
from ..wsgi import Blocking, hide_query, incoming_from
from .current import clear_cookies, current_account, current_session, login_required, sign_out, vary, whole
from .flask_login import after_sign_in
from .starting import Start, add_commands

__all__ = ["SignIn", "current_account", "current_session", "login_required", "sign_out"]

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
            start.fault = fault.hint
        start.exempt(app)
        blueprint.before_app_request(start)
        blueprint.after_app_request(vary)
        blueprint.after_app_request(clear_cookies)
        blueprint.teardown_app_request(partial(_hide_query, f"{settings.prefix}/"))
        blueprint.app_context_processor(lambda: {"current_account": current_account})
        add_commands(blueprint, settings, start)
        app.register_blueprint(blueprint)
        logs.filter_queries("werkzeug", below=settings.prefix)


def _answer(path: str) -> Response:
    body: bytes | None = b""
    if request.content_length:
        # What the app's own hooks have read already is still there.
        body = request.get_data() if request.content_length <= BODY_LIMIT_BYTES else None
    incoming = incoming_from(request.environ, path, body)
    hide_query(request.environ)
    request.query_string = b""  # and from what the app's own hooks write down afterwards
    reply = whole().answer(incoming)
    if whole().endpoints.names.session_set_by(reply.headers) is not None:
        after_sign_in()
    # An empty body would say its own length, over what a HEAD's answer says.
    return Response(reply.body or None, reply.status, list(reply.headers))


def _hide_query(below: str, error: BaseException | None) -> None:
    """Of what a hook of the app's, or a redirect of Flask's, has answered in our place."""
    if request.path.startswith(below):
        hide_query(request.environ)
