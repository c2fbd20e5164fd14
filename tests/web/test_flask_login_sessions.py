"""Flask-Login's own sessions beside ours: ``logout_user()`` signs out, and who logs in last is logged in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user, user_logged_out

from valetkey import Settings
from valetkey.errors import StoreError
from valetkey.frameworks.flask import SignIn, current_account
from valetkey.login.service import LoginService
from valetkey.testing import Sandbox, signed_in, signed_out

FOREIGN = {"Sec-Fetch-Site": "cross-site"}


class User(UserMixin):
    """``ada`` is the user of the account of that handle; ``root`` has a password."""

    def __init__(self, name: str) -> None:
        self.id = name


@pytest.fixture
def settings(valetkey_sandbox: Sandbox, tmp_path: Any) -> Settings:
    environment = valetkey_sandbox.environment | {"VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db"}
    return Settings.from_environment(environment)


Make = Callable[..., Flask]


@pytest.fixture
def make(settings: Settings) -> Make:
    def create_app(*, request_loader: bool = True, user_loader: bool = True, manager_first: bool = True) -> Flask:
        app, manager = Flask(__name__), LoginManager()
        app.secret_key = "of the tests" if user_loader else None
        if manager_first:
            manager.init_app(app)
        SignIn(app, settings)
        if not manager_first:
            manager.init_app(app)
        if user_loader:
            manager.user_loader(User)
        if request_loader:
            manager.request_loader(lambda request: User(current_account.handle or "") if current_account else None)

        @app.get("/who")
        def who() -> dict[str, str | None]:
            ours = current_account.handle if current_account else None
            return {"flask_login": current_user.id if current_user.is_authenticated else None, "ours": ours}

        @app.post("/login/<name>")
        def login(name: str) -> dict[str, str | None]:
            login_user(User(name), remember="remember" in request.args)
            return who()

        @app.post("/logout")
        def logout() -> dict[str, str | None]:
            logout_user()
            return who()

        return app

    return create_app


def who(client: FlaskClient) -> tuple[str | None, str | None]:
    """By Flask-Login, and by us."""
    seen = client.get("/who").json or {}
    return seen["flask_login"], seen["ours"]


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    with monkeypatch.context() as patch:

        async def fails(self: LoginService, *_: object) -> None:
            raise StoreError

        yield lambda: patch.setattr(LoginService, "sign_out", fails)


@pytest.mark.parametrize("manager_first", [True, False])
@pytest.mark.parametrize("user_loader", [True, False])
def test_logout_user_signs_out(make: Make, manager_first: bool, user_loader: bool) -> None:
    """The session has ended, for a stolen copy of its cookie too."""
    app = make(manager_first=manager_first, user_loader=user_loader)
    client, copy, other = app.test_client(), app.test_client(), app.test_client()
    signed_in(client, "ada")
    signed_in(other, user_id="77", handle="grace")
    cookie = client.get_cookie("valetkey-session")
    assert cookie is not None
    copy.set_cookie("valetkey-session", cookie.value)
    assert who(client) == who(copy) == ("ada", "ada")
    answer = client.post("/logout")
    assert answer.json == {"flask_login": None, "ours": None}
    assert client.get_cookie("valetkey-session") is None
    assert who(client) == who(copy) == (None, None)
    assert who(other) == ("grace", "grace")


def test_logout_user_signs_out_where_flask_login_does_not_know_us(make: Make) -> None:
    client = make(request_loader=False).test_client()
    signed_in(client, "ada")
    client.post("/login/root")
    assert who(client) == ("root", "ada")
    client.post("/logout")
    assert who(client) == (None, None)


def test_logout_user_by_bearer(make: Make) -> None:
    app = make()
    client, anywhere = app.test_client(), app.test_client()
    signed_in(client, "ada")
    cookie = client.get_cookie("valetkey-session")
    assert cookie is not None
    answer = anywhere.post("/logout", headers={"Authorization": f"Bearer {cookie.value}"})
    assert answer.json == {"flask_login": None, "ours": None}
    assert who(client) == (None, None)


def test_logout_user_says_that_the_database_is_away(make: Make, away: Callable[[], None]) -> None:
    client = make().test_client()
    signed_in(client, "ada")
    away()
    answer = client.post("/logout")
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (503, False)
    assert who(client) == ("ada", "ada")


def test_logout_user_of_flask_logins_own_user_sets_no_cookie_of_ours(make: Make) -> None:
    client = make().test_client()
    client.post("/login/root")
    answer = client.post("/logout")
    assert "valetkey" not in str(answer.headers)
    assert who(client) == (None, None)


# Who was there, who comes, and who is there then: the same by both names, or nobody by ours


@pytest.mark.parametrize("remember", ["", "?remember"])
def test_login_user_over_a_sign_in(make: Make, remember: str) -> None:
    client = make().test_client()
    signed_in(client, "ada")
    before = client.get_cookie("valetkey-session")
    assert client.post(f"/login/root{remember}").json == {"flask_login": "root", "ours": None}
    assert client.get_cookie("valetkey-session") is None
    assert who(client) == ("root", None)
    assert before is not None
    client.set_cookie("valetkey-session", before.value)  # it has ended, and was not only forgotten
    assert who(client) == ("root", None)


@pytest.mark.parametrize("remember", ["", "?remember"])
def test_a_sign_in_over_login_user(make: Make, remember: str) -> None:
    client = make().test_client()
    client.post(f"/login/root{remember}")
    assert who(client) == ("root", None)
    signed_in(client, "ada")
    assert client.get_cookie("remember_token") is None
    assert who(client) == ("ada", "ada")
    signed_out(client)
    assert who(client) == (None, None)


def test_a_sign_in_over_a_remembered_login(make: Make) -> None:
    """The browser was closed in between: Flask's session is gone, and the remember cookie is not."""
    client = make().test_client()
    client.post("/login/root?remember")
    client.delete_cookie("session")
    assert who(client) == ("root", None)
    client.delete_cookie("session")
    signed_in(client, "ada")
    assert client.get_cookie("remember_token") is None
    assert who(client) == ("ada", "ada")


def test_a_bearer_beside_login_user(make: Make) -> None:
    """Of a page that holds its pass: no answer of ours has seen Flask's session, and still it is one user."""
    app = make()
    client, elsewhere = app.test_client(), app.test_client()
    client.post("/login/root")
    signed_in(elsewhere, "ada")
    cookie = elsewhere.get_cookie("valetkey-session")
    assert cookie is not None
    seen = client.get("/who", headers={"Authorization": f"Bearer {cookie.value}"}).json
    assert seen == {"flask_login": "ada", "ours": "ada"}
    assert who(client) == (None, None)


@pytest.mark.parametrize("ends", ["elsewhere", "here"])
def test_login_user_of_the_same_user_ends_with_the_sign_in(make: Make, ends: str) -> None:
    """An app may want a session of Flask-Login's beside ours."""
    app = make()
    client, other_device = app.test_client(), app.test_client()
    signed_in(client, "ada")
    assert client.post("/login/ada").json == {"flask_login": "ada", "ours": "ada"}
    assert who(client) == ("ada", "ada")
    if ends == "here":
        signed_out(client)
    else:
        signed_in(other_device, "ada")
        assert other_device.delete("/auth/sessions").status_code == 204
    assert who(client) == (None, None)


def test_login_user_after_a_sign_in_that_is_over(make: Make) -> None:
    """It is Flask-Login's own, and stays."""
    app = make()
    client, other_device = app.test_client(), app.test_client()
    signed_in(client, "ada")
    client.post("/login/ada")
    signed_in(other_device, "ada")
    assert other_device.delete("/auth/sessions").status_code == 204
    client.post("/login/ada")
    assert who(client) == ("ada", None)
    assert client.get_cookie("valetkey-session") is None


def test_login_user_in_a_request_from_elsewhere(make: Make) -> None:
    """The app lets it; then the user who was there is signed out, and nothing is mixed."""
    client = make().test_client()
    signed_in(client, "ada")
    client.post("/login/root", headers=FOREIGN)
    assert who(client) == ("root", None)


def test_apps_that_keep_the_two_apart(make: Make) -> None:
    """Without a request_loader our account is no user of Flask-Login's, and a login touches the other in neither."""
    client = make(request_loader=False).test_client()
    client.post("/login/root")
    signed_in(client, "ada")
    assert who(client) == ("root", "ada")
    client.post("/login/boss")
    assert who(client) == ("boss", "ada")


def test_login_user_in_resolve_account(settings: Settings) -> None:
    """It runs within our own route, whose answer says who is signed in."""
    app, manager = Flask(__name__), LoginManager()
    app.secret_key = "of the tests"
    manager.init_app(app)
    manager.user_loader(User)
    manager.request_loader(lambda request: User("ada") if current_account else None)
    SignIn(app, settings, resolve_account=lambda identity, account_id: bool(login_user(User("ada"))))
    app.add_url_rule("/who", view_func=lambda: {"name": current_user.id, "ours": bool(current_account)})
    client = app.test_client()
    for _ in range(2):
        signed_in(client, "ada")
        assert client.get("/who").json == {"name": "ada", "ours": True}


def test_another_apps_signals_are_its_own(make: Make) -> None:
    """Several apps in one process: each app's logout ends that app's session."""
    app = make()
    client = app.test_client()
    signed_in(client, "ada")
    stranger = Flask("stranger")
    with stranger.test_request_context("/"):
        user_logged_out.send(stranger, user=None)
    assert who(client) == ("ada", "ada")
