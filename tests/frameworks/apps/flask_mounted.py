"""The Flask app below a path, in the ways in which people put it there. Each function makes one WSGI app."""

from typing import Any

from flask import Blueprint, Flask
from flask_app import create_app
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix


def dispatched() -> Any:
    """One of several apps of a process; ``application.wsgi_app`` knows nothing of the path."""
    return DispatcherMiddleware(NotFound(), {"/app": create_app()})


def behind_proxy() -> Flask:
    """The proxy names the path in ``X-Forwarded-Prefix``."""
    app = create_app()
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)  # type: ignore[method-assign]
    return app


def rooted() -> Flask:
    """``APPLICATION_ROOT`` is for addresses outside of a request; it routes nothing."""
    app = create_app()
    app.config["APPLICATION_ROOT"] = "/app"
    return app


def nested() -> Flask:
    """An app whose parts are blueprints in blueprints, all below a path that the app itself writes."""
    app = create_app()
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    inner.add_url_rule("/me", "me", app.view_functions["me"])
    outer.register_blueprint(inner, url_prefix="/api")
    app.register_blueprint(outer, url_prefix="/app")
    return app
