"""Flask: an extension, and the account or the session of a request.

For example::

    sign_in = SignIn(app)  # in an app factory: sign_in = SignIn(), and later sign_in.init_app(app)

    @app.get("/api/me")
    @login_required
    def me():
        return {"handle": current_account.handle}
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.datastructures import Headers
from werkzeug.wsgi import ClosingIterator

from ...errors import SettingsError
from ...http_client.runner import ThreadRunner
from ...login.completion import Resolve
from ...login.current_user import FindUser, finder, takes_current_user
from ...sessions.accounts import Accounts
from ...sessions.open_sessions import Sessions
from ...settings import Settings
from ...settings.framework_config import with_config
from ...web.http import BODY_LIMIT_BYTES
from ..wsgi import SyncSignIn, hide_query, incoming_from
from .current import (
    account_panel,
    complete,
    current_account,
    current_session,
    extension,
    login_required,
    sign_out,
)
from .flask_login import after_sign_in, user_of_flask_login
from .starting import Startup, add_commands, expect_init_app, has_app, mounts_of

__all__ = ["SignIn", "current_account", "current_session", "login_required", "sign_out"]

_PORT = 5000  # of app.run()
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class SignIn:
    """Sign-in for a Flask app. One object may serve several apps, because it stores nothing about an app.

    Args:
        app: the app. Where an app factory makes it, leave it out and call ``init_app``.
        settings: the configuration. Default: ``app.config``, and then the environment variables.
        resolve_account: a function ``(identity, account_id)``, for an app with its own table of users. It gets or
            creates the user of ``account_id``, or raises ``SignInRefused``. It runs in the request's context at each
            sign-in, and may run twice at once for the same account.
            With a parameter ``current_user``, it is also passed the user of Flask-Login, if one is signed in there.
        current_user: for an app without Flask-Login, whose ``resolve_account`` takes ``current_user``: a function
            without parameters that returns the id of the user whom the app has signed in by other means, or None.

    Attributes:
        accounts: look up, list, disable, enable, delete and export accounts (see ``Accounts``). It needs an app
            context.
        sessions: list and end the sessions of an account (see ``Sessions``). It needs an app context.

    Raises:
        SettingsError: something in the settings of ``app`` is wrong; the message lists all of it.
    """

    accounts = Accounts(lambda: extension().assembly.accounts)
    sessions = Sessions(lambda: extension().assembly.account_sessions)

    def __init__(
        self,
        app: Flask | None = None,
        settings: Settings | None = None,
        *,
        resolve_account: Resolve | None = None,
        current_user: Callable[[], object] | None = None,
    ) -> None:
        self._settings = settings
        self._resolve_account = resolve_account
        self._current_user = current_user
        if app is None:
            expect_init_app(self)
        else:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Register the routes and the ``flask valetkey`` command. ``app.extensions["valetkey"]`` is a ``SyncSignIn``.

        Before the first request of a process is answered, valetkey checks that the app lets sign-in through. Until the
        check passes, the app answers no request. ``flask valetkey check`` makes the same check.

        Args:
            app: the app.

        Raises:
            SettingsError: something in the settings is wrong; the message lists all of it.
        """
        settings = self._settings or Settings.from_environment(with_config(os.environ, app.config), default_port=_PORT)
        blueprint = Blueprint("valetkey", __name__)
        find_user = self._find_user()

        def answer(path: str) -> Response:
            return _answer(path, find_user)

        for prefix in mounts_of(settings).paths or ():
            rule = f"{prefix}/<path:path>"
            blueprint.add_url_rule(rule, "answer", answer, methods=_METHODS, provide_automatic_options=False)
        startup = Startup(settings, blueprint)
        try:
            app.extensions["valetkey"] = ours = SyncSignIn(
                settings, resolve_account=self._resolve_account, finds_user=find_user is not None
            )
            startup.once = ours.endpoints.startup
        except SettingsError as fault:
            # A command may repair it (flask valetkey migrate). Requests are not answered.
            if os.environ.get("FLASK_RUN_FROM_CLI") != "true":
                raise
            startup.fault = fault.hint
        startup.exempt(app)
        before = startup.before_request
        blueprint.before_app_request(before)
        blueprint.after_app_request(complete)
        below = (f"{settings.prefix}/", f"{settings.public_prefix}/")
        blueprint.teardown_app_request(partial(_hide_query, below))
        blueprint.app_context_processor(lambda: {"current_account": current_account, "account_panel": account_panel})
        add_commands(blueprint, settings, startup)
        app.register_blueprint(blueprint)
        # Before the hooks of the app, one of which may answer every request: then the check would never run.
        hooks = app.before_request_funcs[None]
        hooks.remove(before)
        hooks.insert(0, before)
        has_app(self)

    def _find_user(self) -> FindUser | None:
        if self._current_user is not None:
            return finder(self._current_user, ThreadRunner())
        return user_of_flask_login if takes_current_user(self._resolve_account) else None


def _answer(path: str, find_user: FindUser | None) -> Response:
    body: bytes | None = b""
    if request.content_length:
        # Flask keeps what a hook of the app has read already.
        body = request.get_data() if request.content_length <= BODY_LIMIT_BYTES else None
    incoming = replace(incoming_from(request.environ, path, body), find_user=find_user)
    hide_query(request.environ)
    request.query_string = b""  # and from hooks of the app that log the request
    ours = extension()
    reply = ours.answer_in(current_app.wsgi_app, request.environ, incoming, mounts=mounts_of(ours.settings))
    if ours.endpoints.names.session_set_by(reply.headers) is not None:
        after_sign_in()
    # For an empty body Flask would set a length of 0, in place of the one that the answer to HEAD has.
    return _Verbatim(reply.body or None, reply.status, list(reply.headers))


class _Verbatim(Response):
    """A response with the Location header that it was given. Werkzeug normalises it, and drops an empty fragment.

    Its body has at least one part, which may be empty: hypercorn sends no status before it has a part. PEP 3333 lets an
    app return none.
    """

    def get_app_iter(self, environ: dict[str, Any]) -> Iterable[bytes]:
        return ClosingIterator(chain((b"",), super().get_app_iter(environ)), self.close)

    def get_wsgi_headers(self, environ: dict[str, Any]) -> Headers:
        headers = super().get_wsgi_headers(environ)
        if "location" in self.headers:
            headers["location"] = self.headers["location"]
        return headers


def _hide_query(below: tuple[str, ...], error: BaseException | None) -> None:
    """Hide the query also where a hook of the app, or a redirect of Flask, has answered in our place."""
    if request.path.startswith(below):
        hide_query(request.environ)
