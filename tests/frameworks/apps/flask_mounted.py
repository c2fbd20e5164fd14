"""The Flask app below a path, in the ways in which people put it there. Each function makes one WSGI app."""

from typing import Any

from flask import Blueprint, Flask, render_template_string
from flask_app import create_app
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

# The address of the module is relative, as a page below a path has it; and the panel writes it as the app knows it.
PAGE = """<!doctype html><title>Below</title><script type="module" src="auth/client.js"></script>
<sign-in-buttons next=""></sign-in-buttons><signed-in next=""></signed-in>
{% if current_account %}{{ account_panel() }}{% endif %}"""


def dispatched() -> Any:
    """One of several apps of a process; ``application.wsgi_app`` knows nothing of the path."""
    app = create_app()
    app.add_url_rule("/", "page", lambda: render_template_string(PAGE))
    return DispatcherMiddleware(NotFound(), {"/app": app})


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
