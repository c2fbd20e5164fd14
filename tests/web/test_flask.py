"""What is Flask's own: an extension for several apps, proxies, commands, configuration, and a look in the mirror."""

from __future__ import annotations

import functools
import io
import logging
import os
import re
import secrets
import subprocess
import sys
from collections import UserDict
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Blueprint, Flask, abort, current_app, g, render_template, render_template_string, request
from flask.testing import FlaskClient
from jinja2 import DictLoader
from support.postgresql import Server, postgresql  # noqa: F401  # fixture
from support.servers import SECRET, Provider
from support.written import blocks_of
from werkzeug.test import EnvironBuilder, TestResponse

from valetkey import Identity, Secret, Settings, SettingsError, SignInRefused
from valetkey.frameworks.flask import SignIn, current_account, current_session, login_required
from valetkey.providers.record.built_in import RECIPES
from valetkey.providers.twitter import twitter
from valetkey.settings.sandbox.values import value_of
from valetkey.settings.variables import shipped_variables

Make = Callable[..., Flask]
ROOT = Path(__file__).parents[2]
APPS = ROOT / "tests/frameworks/apps"


@pytest.fixture
def origin(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, provider: Provider, origin: str, tmp_path: Path) -> dict[str, str]:
    values = {
        "TWITTER_CONSUMER_KEY": provider.key,
        "TWITTER_CONSUMER_SECRET": provider.secret,
        "TWITTER_CALLBACK_URL": f"{origin}/auth/twitter",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db",
        "VALETKEY_TWITTER_API": provider.origin,
        "VALETKEY_TWITTER_BROWSER": provider.origin,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


@pytest.fixture
def make(environment: dict[str, str]) -> Make:
    """An app's factory, with routes that show who it is."""

    def create_app(sign_in: SignIn | None = None, **config: object) -> Flask:
        app = Flask(__name__)
        app.config.update(config)
        (sign_in or SignIn()).init_app(app)

        @app.route("/me", methods=["GET", "POST"])
        @login_required
        def me() -> dict[str, object]:
            return {"handle": current_account.handle, "session": current_session.id}

        @app.route("/maybe", methods=["GET", "POST"])
        def maybe() -> dict[str, object]:
            return {"handle": current_account.handle if current_account else None}

        return app

    return create_app


def land(client: FlaskClient, provider: Provider, origin: str, persona: str = "ada") -> TestResponse:
    """Sign in, as a browser does."""
    form = {"login": secrets.token_urlsafe(16), "mode": "popup"}
    page = client.post("/auth/twitter", data=form, headers={"Origin": origin, "Accept": "text/html"})
    assert page.status_code == 200, page.text
    back = urlsplit(provider.approve(page.headers["Refresh"].partition("oauth_token=")[2], persona))
    return client.get(f"{back.path}?{back.query}", headers={"Accept": "text/html"})


# Several apps, one extension


def test_several_apps_in_a_process_each_with_its_own(
    make: Make, provider: Provider, origin: str, tmp_path: Path
) -> None:
    sign_in = SignIn()
    first = make(sign_in)
    second = make(sign_in, VALETKEY_DATABASE=f"sqlite:///{tmp_path}/second.db", VALETKEY_SECRET=SECRET[::-1])
    client = first.test_client()
    assert land(client, provider, origin).status_code == 303
    assert client.get("/me").json is not None
    assert client.get("/me").json["handle"] == "ada"  # type: ignore[index]
    elsewhere = second.test_client()
    for cookie in client._cookies.values():  # type: ignore[union-attr]
        elsewhere.set_cookie(cookie.key, cookie.value)
    assert elsewhere.get("/me").status_code == 401
    assert land(elsewhere, provider, origin, "bare").status_code == 303
    assert (elsewhere.get("/me").json or {})["handle"] == "bare"
    assert (client.get("/me").json or {})["handle"] == "ada"
    assert vars(sign_in).keys() == {"_settings", "_resolve_account", "_current_user"}  # nothing of an app's


def test_another_apps_context_within_a_request(make: Make, provider: Provider, origin: str, tmp_path: Path) -> None:
    """Who is signed in to one app is not signed in to the other, also while its context is pushed."""
    first = make()
    second = make(VALETKEY_DATABASE=f"sqlite:///{tmp_path}/second.db", VALETKEY_SECRET=SECRET[::-1])

    @first.get("/both")
    def both() -> list[object]:
        seen: list[object] = [current_account.handle]
        with second.app_context():
            seen.append(bool(current_account))
        return [*seen, current_account.handle]

    client = first.test_client()
    land(client, provider, origin)
    answer = client.get("/both")
    assert answer.json == ["ada", False, "ada"]
    assert answer.headers["Vary"] == "Cookie, Authorization"


def test_an_app_that_runs_views_in_its_own_way(environment: dict[str, str], provider: Provider, origin: str) -> None:
    """It overrides ``ensure_sync``, which then wraps every guarded view, as Flask's does an async one."""

    class Wrapping(Flask):
        def ensure_sync(self, func: Any) -> Any:
            return super().ensure_sync(func) if func is not plain else lambda: {"wrapped": plain()}

    def plain() -> str:
        return "plain"

    async def later() -> dict[str, object]:
        return {"later": current_account.handle}

    for app in (Wrapping(__name__), Flask(__name__)):
        SignIn(app)
        app.add_url_rule("/plain", "plain", login_required(plain))
        app.add_url_rule("/later", "later", login_required(later))
        client = app.test_client()
        land(client, provider, origin)
        assert client.get("/plain").text == ('{"wrapped":"plain"}\n' if isinstance(app, Wrapping) else "plain")
        assert client.get("/later").json == {"later": "ada"}


def test_the_short_form(environment: dict[str, str]) -> None:
    app = Flask(__name__)
    SignIn(app)
    assert app.test_client().get("/auth/session").json == {"account": None}


def test_the_lines_of_the_documentation(environment: dict[str, str], provider: Provider, origin: str) -> None:
    lines, *_ = re.findall(r"```python\n(.+?)```", (ROOT / "docs/flask.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {"__name__": __name__}
    exec(lines, names)
    client = names["app"].test_client()
    assert client.get("/api/me").status_code == 401
    land(client, provider, origin)
    assert client.get("/api/me").json == {"handle": "ada"}


# Who is signed in


def test_login_required(make: Make, provider: Provider, origin: str) -> None:
    client = make().test_client()
    nobody = client.get("/me")
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"] == "Bearer"
    assert (nobody.json or {})["error"]["code"] == "not_signed_in"
    land(client, provider, origin)
    assert client.get("/me").status_code == 200
    assert client.post("/me", headers={"Origin": origin}).status_code == 200
    for path in ("/me", "/maybe"):
        foreign = client.post(path, headers={"Origin": "http://other.example"})
        assert foreign.status_code == 403
        assert (foreign.json or {})["error"]["code"] == "foreign_origin"


def test_an_app_may_say_it_in_its_own_way(make: Make, provider: Provider, origin: str) -> None:
    """By an error handler, whose page may ask who it is, too."""
    app = make()
    app.register_error_handler(401, lambda error: ("please sign in", 401))
    page = "refused{{ ' ' ~ current_account.handle if current_account }}"
    app.register_error_handler(403, lambda error: (render_template_string(page), 403))
    client = app.test_client()
    assert client.get("/me").text == "please sign in"
    land(client, provider, origin)
    refused = client.post("/me", headers={"Origin": "http://other.example"})
    assert (refused.status_code, refused.text) == (403, "refused")


def test_templates_know_who_it_is(make: Make, provider: Provider, origin: str) -> None:
    app = make()
    app.add_url_rule("/page", view_func=lambda: render_template_string("{{ current_account.handle or 'nobody' }}"))
    client = app.test_client()
    assert client.get("/page").text == "nobody"
    land(client, provider, origin)
    assert client.get("/page").text == "ada"


def test_an_account_page(make: Make, provider: Provider, origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines of docs/flask.md. A page that asks for nobody does not depend on the user because of the panel."""
    app = make()
    said = blocks_of("docs/flask.md")
    base = "<main>{% block content %}{% endblock %}</main>"
    app.jinja_loader = DictLoader({"base.html": base, "account.html": said["account.html"]})
    exec(said["account"], {"app": app, "login_required": login_required, "render_template": render_template})
    app.add_url_rule("/open", view_func=lambda: render_template("account.html"))
    client = app.test_client()
    assert client.get("/account").status_code == 401
    land(client, provider, origin)
    script = '<script type="module" src="/auth/client.js"></script>\n'
    listed = "<ul><li>X <bdi>@ada</bdi></li></ul>"
    assert client.get("/account").text == f"<main>{script}<account-panel>{listed}</account-panel></main>"
    answer = client.get("/open")
    assert answer.text == f"<main>{script}<account-panel></account-panel></main>"
    assert "Cookie" not in answer.vary
    monkeypatch.setenv("VALETKEY_DELIVERY", "token")
    tokens = make()
    tokens.add_url_rule("/page", view_func=lambda: render_template_string("{{ account_panel() }}"))
    assert 'src="/auth/token.js"' in tokens.test_client().get("/page").text


def test_asked_once_a_request(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make()
    asked: list[object] = []
    monkeypatch.setattr(app.extensions["valetkey"], "session_of", lambda environ: asked.append(environ))

    @app.get("/often")
    def often() -> str:
        return str([bool(current_account), bool(current_session), bool(current_account)])

    client = app.test_client()
    with app.app_context():  # one g for two requests
        assert client.get("/often").text == client.get("/often").text == "[False, False, False]"
    assert len(asked) == 2


def test_requests_that_share_an_app_context_do_not_cross(make: Make, provider: Provider, origin: str) -> None:
    """A test's fixture often holds one open."""
    app = make()
    ada, nobody = app.test_client(), app.test_client()
    with app.app_context():
        land(ada, provider, origin)
        assert ada.get("/me").status_code == 200
        assert nobody.get("/me").status_code == 401
        assert ada.get("/me").status_code == 200


def test_a_cache_is_told_what_an_answer_depends_on(make: Make, provider: Provider, origin: str) -> None:
    """The answer varies by cookie where somebody asked who is signed in; a refusal, too."""
    app = make()
    app.add_url_rule("/open", view_func=lambda: "open")
    app.add_url_rule("/by-language", "by_language", lambda: (str(current_account.handle), {"Vary": "Accept-Language"}))
    client = app.test_client()
    with app.app_context():  # one g for all of them
        assert client.get("/me").vary.as_set() == {"cookie", "authorization"}
        land(client, provider, origin)
        for path in ("/me", "/maybe"):
            assert client.get(path).vary.as_set() == {"cookie", "authorization"}
        assert client.get("/by-language").vary.as_set() == {"accept-language", "cookie", "authorization"}
        assert "Vary" not in client.get("/open").headers


def test_the_check_leaves_when_nothing_is_left_to_check(make: Make, provider: Provider, origin: str) -> None:
    """The app's own hooks stay, and a thread that runs through them just then misses none."""
    app = make()
    seen: list[str] = []
    for name in ("first", "second"):
        app.before_request(functools.partial(seen.append, name))
    hooks = app.before_request_funcs[None]
    client = app.test_client()
    client.get("/maybe")
    assert app.before_request_funcs[None] is hooks  # no request for the routes has arrived yet
    assert len(hooks) == 3
    land(client, provider, origin)
    assert client.get("/me").status_code == 200
    seen.clear()
    assert app.before_request_funcs[None] == hooks[1:]
    assert len(hooks) == 3
    assert client.get("/me").status_code == 200
    assert seen == ["first", "second"]


def test_outside_of_a_request(make: Make) -> None:
    assert not current_account
    with pytest.raises(RuntimeError, match="outside of request context"):
        _ = current_account.handle
    with make().app_context():
        assert not current_session
        with pytest.raises(RuntimeError, match="outside of request context"):
            _ = current_session.id


def test_an_app_without_it_is_told(make: Make) -> None:
    app = Flask(__name__)
    with app.test_request_context(), pytest.raises(RuntimeError, match="init_app"):
        _ = current_account.handle


# resolve_account


def test_resolve_account_runs_in_the_requests_own_context(make: Make, provider: Provider, origin: str) -> None:
    seen: list[object] = []

    def resolve_account(identity: Identity, account_id: str) -> None:
        seen.extend([current_app.name, g.connection, request.path, request.url, identity.handle, account_id])
        g.connection.append(account_id)
        if identity.handle == "bare":
            raise SignInRefused("banned", "This account has been banned.")

    app = make(SignIn(resolve_account=resolve_account))
    closed: list[list[str]] = []

    @app.before_request
    def connect() -> None:
        g.connection = []

    @app.teardown_request
    def close(error: BaseException | None) -> None:
        closed.append(g.connection)

    client = app.test_client()
    assert land(client, provider, origin).status_code == 303
    name, connection, path, url, handle, account_id = seen
    assert (name, path, handle) == (app.name, "/auth/twitter", "ada")
    assert str(url).endswith("/auth/twitter")  # for its log: without the verifier
    assert connection == closed[-1] == [account_id]
    assert client.get("/me").status_code == 200
    other = app.test_client()
    refused = land(other, provider, origin, "bare")
    assert refused.headers["Location"].endswith("failed?code=banned#")
    assert other.get("/me").status_code == 401


# Configuration


def test_config_counts_more_than_the_environment(make: Make, provider: Provider, tmp_path: Path) -> None:
    app = make(
        VALETKEY_DATABASE=f"sqlite:///{tmp_path}/configured.db",
        VALETKEY_ORIGINS=["https://one.example", "https://two.example"],
        VALETKEY_SESSION_DAYS=7,
        VALETKEY_TEMPLATES=None,
        VALETKEY_IDLE_DAYS=0.5,
    )
    settings = app.extensions["valetkey"].settings
    assert settings.database.endswith("configured.db")
    assert settings.origins == ("https://one.example", "https://two.example")
    assert (settings.session_days, settings.idle_days, settings.templates) == (7.0, 0.5, None)
    assert settings.providers[0].protocol.credentials.identifier == provider.key  # from the environment


def test_every_variable_that_is_read_may_be_configured() -> None:
    class Watched(UserDict[str, str]):
        def __getitem__(self, name: str) -> str:
            asked.add(name)
            return super().__getitem__(name)

        def __contains__(self, name: object) -> bool:
            asked.add(str(name))
            return super().__contains__(name)

    asked: set[str] = set()
    environ = {
        **{
            one.name: value_of(recipe, one, "http://localhost:8001")
            for recipe in RECIPES.values()
            for one in recipe.variables
            if one.required or one.kind == "base"
        },
        "VALETKEY_PROVIDERS": ",".join(RECIPES),
        "VALETKEY_URL": "http://127.0.0.1:5000",
        "VALETKEY_SECRET": SECRET,
    }
    assert Settings.from_environment(Watched(environ))
    over_oauth2 = {"TWITTER_CONSUMER_KEY": "", "TWITTER_CLIENT_ID": "id", "TWITTER_CLIENT_SECRET": "secret"}
    assert Settings.from_environment(Watched({**environ, **over_oauth2}))
    assert {name for name in asked if name.isupper() and "PROXY" not in name} == shipped_variables()


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"VALETKEY_DATABSE": "x"}, "Unknown: VALETKEY_DATABSE. Did you mean VALETKEY_DATABASE?"),
        ({"VALETKEY_PROXY": "x"}, "Unknown: VALETKEY_PROXY. Did you mean VALETKEY_PROXIES?"),
        ({"VALETKEY_DATABASE": object()}, "VALETKEY_DATABASE: give text, a number, or a list of texts."),
        ({"VALETKEY_DELIVERY": True}, "VALETKEY_DELIVERY: give text"),
        ({"VALETKEY_SECRET": "short"}, "VALETKEY_SECRET"),
        ({"TWITTER_CONSUMER_KEY": ""}, "TWITTER_CONSUMER_KEY"),
        ({"TWITTER_CALLBACK_URL": "http://127.0.0.1:8000/elsewhere"}, "TWITTER_CALLBACK_URL: its path must be"),
    ],
)
def test_what_is_wrong_is_said_at_start(make: Make, config: dict[str, object], sentence: str) -> None:
    assert make(VALETKEY=1, TWITTER_OAUTH_CLIENT_KEY="another extension's").extensions["valetkey"]
    with pytest.raises(SettingsError) as raised:
        make(**config)
    assert sentence in raised.value.hint
    assert "short" not in raised.value.hint.removeprefix("shorter")


def test_settings_of_ones_own(make: Make, provider: Provider, origin: str, tmp_path: Path) -> None:
    """Another prefix, which no variable says."""
    settings = Settings(
        callbacks={"twitter": (f"{origin}/sign-in/twitter",)},
        secrets=(Secret(SECRET),),
        providers=(twitter(key=provider.key, secret=Secret(provider.secret)),),
        prefix="/sign-in",
        database=f"sqlite:///{tmp_path}/own.db",
    )
    app = Flask(__name__)
    SignIn(app, settings)
    assert app.test_client().get("/sign-in/session").status_code == 200
    assert app.test_client().get("/auth/session").status_code == 404


# Beside other people's extensions


class CSRFProtect:
    """As Flask-WTF's: refuses every unsafe request without a token, except to exempt blueprints."""

    def __init__(self) -> None:
        self.exempted: set[str] = set()

    def init_app(self, app: Flask) -> None:
        app.extensions["csrf"] = self

        @app.before_request
        def protect() -> None:
            if request.method in ("POST", "PUT", "PATCH", "DELETE") and request.blueprint not in self.exempted:
                abort(400, "The CSRF token is missing.")

    def exempt(self, view: Blueprint) -> Blueprint:
        assert isinstance(view, Blueprint)
        self.exempted.add(view.name)
        return view


@pytest.mark.parametrize("first", ["sign-in", "csrf"])
def test_flask_wtfs_csrf_protection_lets_us_through(
    environment: dict[str, str], provider: Provider, origin: str, first: str
) -> None:
    """Installed before or after; the app's own routes stay protected."""
    app = Flask(__name__)
    installs = [SignIn().init_app, CSRFProtect().init_app]
    for install in installs if first == "sign-in" else reversed(installs):
        install(app)
    app.add_url_rule("/own", view_func=lambda: "", methods=["POST"])
    client = app.test_client()
    assert land(client, provider, origin).status_code == 303
    assert client.post("/own", headers={"Origin": origin}).status_code == 400


def test_a_body_that_a_hook_has_read_is_still_there(make: Make, provider: Provider, origin: str) -> None:
    app = make()
    app.before_request(lambda: print(request.get_data()))
    assert land(app.test_client(), provider, origin).status_code == 303


# In the mirror


def set_coop(response: Any) -> Any:
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def drop_cookies(response: Any) -> Any:
    del response.headers["Set-Cookie"]
    return response


def wall() -> None:
    abort(403)


FAULTS: list[tuple[str, Callable[[Flask], object], str]] = [
    ("coop", lambda app: app.after_request(set_coop), "Cross-Origin-Opener-Policy"),
    ("cookies", lambda app: app.after_request(drop_cookies), "changes or drops the cookies"),
    ("wall", lambda app: app.before_request(wall), "must be open to users who are not signed in"),
    ("csrf", lambda app: app.before_request(lambda: abort(400) if request.method == "DELETE" else None), "CSRF"),
]


@pytest.mark.parametrize(("spoil", "sentence"), [one[1:] for one in FAULTS], ids=[one[0] for one in FAULTS])
def test_before_the_first_request_it_looks_in_the_mirror(
    make: Make, spoil: Callable[[Flask], object], sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Control: the very app without what is spoiled answers. Until it is well, no request is answered."""
    assert make().test_client().get("/maybe").status_code == 200
    app = make()
    spoil(app)
    for _ in range(2):
        answer = app.test_client().get("/maybe")
        assert answer.status_code == 500
        assert "Traceback" not in answer.text
    assert sentence in caplog.text  # Flask logs what it was
    checked = app.test_cli_runner().invoke(args=["valetkey", "check"])
    assert checked.exit_code == 1
    assert sentence in checked.output


def test_it_looks_once_and_apart(make: Make) -> None:
    """Twice two requests would be a recursion; and the hooks' own state is not the waiting request's."""
    app = make()
    asked: list[str] = []

    @app.before_request
    def note() -> None:
        asked.append(f"{request.method} {request.path}")
        assert "mine" not in g
        g.mine = request.path

    @app.after_request
    def compare(response: Any) -> Any:
        assert g.mine == request.path
        return response

    client = app.test_client()
    assert client.get("/maybe").status_code == client.get("/maybe").status_code == 200
    assert asked == ["GET /auth/twitter/failed", "DELETE /auth/session", "GET /maybe", "GET /maybe"]


def test_the_command_that_looks(make: Make, origin: str) -> None:
    app = make()
    well = app.test_cli_runner().invoke(args=["valetkey", "check"])
    assert (well.exit_code, well.output) == (0, f"The app lets sign-in through, at {origin}/auth/\n")
    closing = make()
    closing.before_request(lambda: abort(503))
    closed = closing.test_cli_runner().invoke(args=["valetkey", "check"])
    assert closed.exit_code == 1
    assert "could not answer" in closed.output


# Commands


def test_commands_know_the_apps_database(make: Make, provider: Provider, origin: str, tmp_path: Path) -> None:
    app = make(VALETKEY_DATABASE=f"sqlite:///{tmp_path}/configured.db")
    run = app.test_cli_runner().invoke
    assert run(args=["valetkey", "accounts", "list"]).output == ""
    client = app.test_client()
    land(client, provider, origin)
    listed = run(args=["valetkey", "accounts", "list"]).output
    assert "twitter ada" in listed
    shown = run(args=["valetkey", "accounts", "disable", listed.split()[0]])
    assert shown.exit_code == 0, shown.output
    assert land(app.test_client(), provider, origin).headers["Location"].endswith("code=account_disabled#")
    assert "is the newest" in run(args=["valetkey", "migrate"]).output
    assert len(run(args=["valetkey", "secret"]).output) > 40
    elsewhere = run(args=["valetkey", "accounts", "list", "--database", f"sqlite:///{tmp_path}/app.db"])
    assert "ada" not in elsewhere.output


def test_the_command_that_mends_what_keeps_the_app_from_starting(
    make: Make, environment: dict[str, str], postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database without its tables: a server does not start, ``flask valetkey migrate`` makes them."""
    database = postgresql.in_schema(postgresql.new_schema())
    with pytest.raises(SettingsError, match="valetkey migrate"):
        make(VALETKEY_DATABASE=database)

    def run(*command: str) -> tuple[int, str]:
        ran = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "flask_app", "valetkey", *command],
            capture_output=True,
            text=True,
            check=False,
            cwd=APPS,
            env={"PATH": os.environ["PATH"], **environment, "VALETKEY_DATABASE": database},
        )
        return ran.returncode, ran.stdout + ran.stderr

    assert run("check") == (
        1,
        "Error: The database that VALETKEY_DATABASE names has none of valetkey's tables yet. Run: valetkey migrate\n",
    )
    with monkeypatch.context() as patch:
        patch.setenv("FLASK_RUN_FROM_CLI", "true")  # flask run
        assert make(VALETKEY_DATABASE=database).test_client().get("/maybe").status_code == 500
    status, said = run("migrate")
    assert (status, said.partition("\n")[0]) == (0, "Brought to version 1.")
    assert run("check")[0] == 0
    assert make(VALETKEY_DATABASE=database).test_client().get("/maybe").status_code == 200


# Logs


def served(app: Flask, path: str) -> dict[str, Any]:
    """What a server's access log reads once the request is over."""
    environ = EnvironBuilder(path=path).get_environ()
    environ["RAW_URI"] = environ["REQUEST_URI"] = path
    app.wsgi_app(environ, lambda status, headers, error=None: lambda data: None)
    return environ


QUERY = "oauth_token=canary&oauth_verifier=canary"


def test_the_query_is_hidden_whoever_answers(make: Make) -> None:
    """A hook of the app's, or a redirect of Flask's; and nobody else's query is touched."""
    app = make()
    app.test_client().get("/maybe")
    assert "canary" not in str(served(app, f"/auth/twitter?{QUERY}"))
    assert "canary" not in str({**served(app, f"/auth//twitter?{QUERY}"), "werkzeug.request": None})
    closed = make()
    closed.test_client().get("/maybe")
    closed.before_request_funcs.setdefault(None, []).insert(0, lambda: ("closed", 503))
    assert "canary" not in str({**served(closed, f"/auth/twitter?{QUERY}"), "werkzeug.request": None})
    assert served(app, "/maybe?page=2")["RAW_URI"] == "/maybe?page=2"


def test_flasks_own_server_does_not_log_it(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    make()
    make(VALETKEY_URL="http://127.0.0.1:8000/app", TWITTER_CALLBACK_URL="")  # below a path
    log = logging.getLogger("werkzeug")
    log.propagate = True
    with caplog.at_level(logging.INFO, "werkzeug"):
        for path in (f"/auth/twitter?{QUERY}", f"/app/auth/twitter?{QUERY}", "/maybe?page=2"):
            log.info('"%s" %s %s', f"\x1b[32mGET {path} HTTP/1.1\x1b[0m", "303", "-")
    assert "GET /auth/twitter HTTP/1.1" in caplog.text
    assert "GET /app/auth/twitter HTTP/1.1" in caplog.text
    assert "/maybe?page=2" in caplog.text


@pytest.mark.parametrize(
    ("options", "warned"),
    [
        ({}, True),
        ({"log-format": b"%(addr) %(uri)"}, True),
        ({"log-format": b"%(addr) %(var.PATH_INFO)"}, False),
        ({"disable-logging": True}, False),
    ],
)
def test_uwsgis_log_is_warned_of(
    make: Make,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    options: dict[str, object],
    warned: bool,
) -> None:
    make()
    assert "uWSGI" not in caplog.text
    monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(opt=options))
    make()
    assert ("uWSGI's request log prints queries" in caplog.text) == warned
    for record in caplog.records:
        logging.Formatter().format(record)


def test_a_body_that_is_too_long_is_not_read(make: Make, origin: str) -> None:
    client = make().test_client()
    headers = {"Origin": origin, "Content-Type": "application/json"}
    stream = io.BytesIO(b"x" * 20_000)
    answer = client.post("/auth/session", input_stream=stream, content_length=20_000, headers=headers)
    assert answer.status_code == 413
    assert stream.tell() == 0
