"""What a Flask app says that is mounted elsewhere than its callback URL says, and one that nobody gave ``SignIn``."""

from __future__ import annotations

import logging
from pathlib import Path
from weakref import WeakSet

import pytest
from flask import Flask, render_template_string
from support.servers import SECRET
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client, TestResponse

from valetkey.frameworks.flask import SignIn, current_account, login_required, starting

ORIGIN = "http://127.0.0.1:8000"
FIX = "set VALETKEY_URL=http://127.0.0.1:8000/app"


def make(directory: Path, path: str = "") -> Flask:
    app = Flask(__name__)
    app.config |= {
        "VALETKEY_URL": f"{ORIGIN}{path}",
        "TWITTER_CONSUMER_KEY": "key",
        "TWITTER_CONSUMER_SECRET": "secret-of-x",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{directory}/app.db",
    }
    SignIn(app)
    app.add_url_rule("/health", "health", view_func=lambda: "well")
    app.add_url_rule("/panel", "panel", view_func=lambda: render_template_string("{{ account_panel() }}"))
    return app


def get(app: object, path: str, script_name: str = "", **headers: str) -> TestResponse:
    overrides = {"SCRIPT_NAME": script_name, "HTTP_HOST": "127.0.0.1:8000"}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(app).get(path, environ_overrides=overrides, headers=sent)  # type: ignore[arg-type]


def test_the_server_says_another_path(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The callback would find nothing: our routes say so, with the fix; the rest of the app answers."""
    app = make(tmp_path)
    assert get(app, "/health", "/app").text == "well"
    refused = get(app, "/auth/session", "/app", Accept="text/html")
    assert refused.status_code == 500
    assert FIX in refused.text
    assert [one for one in caplog.messages if FIX in one and "/app/auth/" in one]
    assert any(one.levelno == logging.ERROR for one in caplog.records)
    caplog.clear()
    # Where requests arrive as they should, nothing has been broken by those that do not.
    assert get(app, "/auth/session").json == {"account": None}


def test_a_header_of_a_client_breaks_nothing_for_others(tmp_path: Path) -> None:
    """An app that trusts a proxy which does not set X-Forwarded-Prefix: then a client may."""
    app = make(tmp_path, "/app")
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)  # type: ignore[method-assign]
    assert get(app, "/auth/session", X_Forwarded_Prefix="/evil").status_code == 500
    assert get(app, "/auth/session", X_Forwarded_Prefix="/app").status_code == 200
    assert get(app, "/auth/session").status_code == 200


def test_a_health_check_may_arrive_without_the_path(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = make(tmp_path, "/app")
    assert get(app, "/health").text == "well"
    assert get(app, "/auth/session", "/app").json == {"account": None}
    assert get(app, "/health").text == "well"
    assert get(app, "/panel", "/app").text.startswith('<script type="module" src="/app/auth/client.js">')
    assert caplog.messages == []


def test_a_mount_inside_of_the_app(tmp_path: Path) -> None:
    """``app.wsgi_app`` holds the path. Nothing but the first request tells it."""
    app = make(tmp_path)
    app.wsgi_app = DispatcherMiddleware(NotFound(), {"/app": app.wsgi_app})  # type: ignore[method-assign]
    app.testing = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "log_exception", lambda error: faults.append(str(error[1])))
        faults: list[str] = []
        assert get(app, "/app/health").status_code == 500
    assert FIX in faults[0]
    well = make(tmp_path, "/app")
    well.wsgi_app = DispatcherMiddleware(NotFound(), {"/app": well.wsgi_app})  # type: ignore[method-assign]
    assert get(well, "/app/auth/session").json == {"account": None}


def test_an_exception_on_our_own_path_is_said(tmp_path: Path) -> None:
    app = make(tmp_path)

    @app.before_request
    def raises() -> None:
        raise KeyError("nothing that a user has")

    faults: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "log_exception", lambda error: faults.append(str(error[1])))
        assert get(app, "/health").status_code == 500
    assert any("fails at GET /auth/twitter/failed with KeyError" in one for one in faults)


def test_a_forgotten_init_app(caplog: pytest.LogCaptureFixture) -> None:
    """Code says so by itself; a template would show nothing."""
    app, sign_in = Flask(__name__), SignIn()
    app.add_url_rule("/page", "page", view_func=lambda: render_template_string("{{ current_account }}"))
    app.add_url_rule("/api/me", "me", view_func=login_required(lambda: {"handle": current_account.handle}))
    assert get(app, "/page").text == ""
    assert [one for one in caplog.messages if "sign_in.init_app(app)" in one]
    app.testing = True
    with pytest.raises(RuntimeError, match="init_app"):
        get(app, "/api/me")
    with app.app_context(), pytest.raises(RuntimeError, match="init_app"):
        sign_in.accounts.get("a")


def test_nothing_is_said_of_an_app_that_needs_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A factory creates ``SignIn()`` first; and a process may have a second app without it."""
    monkeypatch.setattr(starting, "_without_app", WeakSet())  # an earlier test's may still be there
    sign_in = SignIn()
    app = Flask(__name__)
    app.config |= make(tmp_path).config
    sign_in.init_app(app)
    other = Flask("other")
    other.add_url_rule("/health", "health", view_func=lambda: "well")
    assert get(other, "/health").text == "well"
    assert get(app, "/auth/session").status_code == 200
    assert caplog.messages == []
