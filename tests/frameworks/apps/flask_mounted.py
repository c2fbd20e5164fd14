"""The Flask app below a path, in the ways in which people put it there, and with the mistakes that they make. Each
function makes one WSGI app.
"""

from typing import Any

from a_page import PAGE
from flask import Blueprint, Flask, render_template_string
from flask_app import create_app
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from valetkey.frameworks.flask import SignIn, current_account, login_required

# The panel writes the addresses as the app knows them.
PANEL = "{% if current_account %}{{ account_panel() }}{% endif %}"


def page(**path: str) -> str:
    return render_template_string(PAGE + PANEL)


def rooted() -> Flask:
    """``APPLICATION_ROOT`` is for addresses outside of a request; it routes nothing."""
    app = create_app()
    app.config["APPLICATION_ROOT"] = "/app"
    app.add_url_rule("/page", "page", page)
    return app


def dispatched() -> Any:
    """One of several apps of a process; ``application.wsgi_app`` knows nothing of the path."""
    return DispatcherMiddleware(NotFound(), {"/app": rooted()})


def inside() -> Flask:
    """For a server that wants a Flask app: the path is in ``app.wsgi_app``."""
    app = rooted()
    app.wsgi_app = DispatcherMiddleware(NotFound(), {"/app": app.wsgi_app})  # type: ignore[method-assign]
    return app


def behind_proxy() -> Flask:
    """The proxy names the path in ``X-Forwarded-Prefix``."""
    app = rooted()
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)  # type: ignore[method-assign]
    return app


def nested() -> Flask:
    """An app whose parts are blueprints in blueprints, all below a path that the app itself writes."""
    app = create_app()
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    inner.add_url_rule("/me", "me", app.view_functions["me"])
    outer.register_blueprint(inner, url_prefix="/api")
    outer.add_url_rule("/page", "page", page)
    app.register_blueprint(outer, url_prefix="/app")
    return app


def forgotten() -> Flask:
    """``init_app`` is never called."""
    app = Flask(__name__)
    SignIn()
    app.add_url_rule("/page", "page", lambda: PAGE)
    app.add_url_rule("/api/me", "me", login_required(lambda: {"handle": current_account.handle}))
    return app


def catch_all() -> Flask:
    """A rule for every path, before those of valetkey."""
    app = Flask(__name__)
    app.add_url_rule("/<path:path>", "spa", page)
    SignIn(app)
    return app
