"""A user who is signed in by other means connects a provider, with the functions of the documentation; and what a
``resolve_account`` may look like."""

from __future__ import annotations

import functools
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from flask import Flask, session
from flask_login import LoginManager, UserMixin, login_user  # type: ignore[import-untyped]
from starlette.middleware.sessions import SessionMiddleware
from support.browser import Browser
from support.connecting import ByWsgi, variables
from support.in_process import InProcess
from support.nodes import a_person
from support.servers import SECRET, Provider
from support.written import blocks_of

from valetkey import Settings, SettingsError
from valetkey.frameworks import fastapi, flask
from valetkey.http_client.runner import ThreadRunner
from valetkey.login.assembly import assemble
from valetkey.login.current_user import AppUser, finder, user_by_id
from valetkey.web.http import Incoming
from valetkey.web.origins import Origins


@pytest.fixture
def env(port: int, provider: Provider) -> dict[str, str]:
    return {
        "VALETKEY_URL": f"http://127.0.0.1:{port}",
        "TWITTER_CONSUMER_KEY": provider.key,
        "TWITTER_CONSUMER_SECRET": provider.secret,
        "VALETKEY_TWITTER_API": provider.origin,
        "VALETKEY_TWITTER_BROWSER": provider.origin,
    }


def story(provider: Provider, new_browser: Callable[[], Browser], owners: dict[str, str]) -> None:
    """A user is connected. The identity then signs the same user in, and no other user can take it."""
    person = a_person()

    def signs_in(browser: Browser) -> str:
        answer = browser.come_back(provider.approve(browser.begin().token, **person))
        assert answer.status == 303
        return (answer.header("location") or "").rpartition("?")[2]

    victim, elsewhere, other = new_browser(), new_browser(), new_browser()
    for browser, name in ((victim, "7"), (other, "8")):
        assert browser.request("GET", f"/password/{name}").status == 200
    for browser in (victim, elsewhere):
        signs_in(browser)
        assert owners == {browser.account()["id"]: "7"}
    assert signs_in(other) == "code=another_user#"
    assert list(owners.values()) == ["7"]


def test_fastapi(env: dict[str, str], provider: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in variables(tmp_path / "valetkey.db", env).items():
        monkeypatch.setenv(name, value)
    said: dict[str, Any] = {}
    exec(blocks_of("docs/accounts.md")["connect"], said)
    app = said["app"]
    app.add_middleware(SessionMiddleware, secret_key=SECRET)

    @app.get("/password/{name}")
    async def password(request: Request, name: str) -> None:
        request.session["user_id"] = name

    class Served(InProcess):
        base = env["VALETKEY_URL"]

        @asynccontextmanager
        async def lifespan(self) -> AsyncIterator[Any]:
            async with app.router.lifespan_context(app):
                yield app

    served = Served(tmp_path / "valetkey.db", **env)
    try:
        story(provider, served.browser, said["users"])
    finally:
        served.stop()


@pytest.mark.parametrize("by", ["Flask-Login", "a session of its own"])
def test_flask(env: dict[str, str], provider: Provider, tmp_path: Path, by: str) -> None:
    class User(UserMixin):  # type: ignore[misc]
        def __init__(self, name: str) -> None:
            self.id = name

    app = Flask(__name__)
    app.secret_key = SECRET
    said: dict[str, Any] = {}
    exec(blocks_of("docs/flask.md")["connect"], said)
    resolve, own = said["resolve_account"], None
    if by == "Flask-Login":
        LoginManager(app).user_loader(User)
    else:

        def own() -> Any:
            return session.get("user")

        def resolve(identity: Any, account_id: str, *, current_user: str | None) -> None:
            user = User(current_user) if current_user else None
            said["resolve_account"](identity, account_id, user)

    @app.get("/password/<name>")
    def password(name: str) -> str:
        session["user"] = name
        if by == "Flask-Login":
            login_user(User(name))
        return name

    settings = Settings.from_environment(variables(tmp_path / "valetkey.db", env))
    flask.SignIn(app, settings, resolve_account=resolve, current_user=own)
    story(provider, lambda: ByWsgi(app, env["VALETKEY_URL"]), said["owners"])
    app.extensions["valetkey"].close()


# Signatures


def two(identity: Any, account_id: str) -> None: ...


def two_and_its_own(identity: Any, account_id: str, database: Any = None) -> None: ...


def three(identity: Any, account_id: str, current_user: Any) -> None: ...


def other_three(identity: Any, account_id: str, user: Any) -> None: ...


@functools.wraps(three)
def wrapped(*given: Any, **named: Any) -> None: ...


@pytest.mark.parametrize(
    ("function", "finds_user", "sentence"),
    [
        (two, False, None),
        (two_and_its_own, False, None),
        (three, True, None),
        (wrapped, True, None),
        (functools.partial(three, current_user=None), True, None),
        (three, False, "pass SignIn a function"),
        (wrapped, False, "pass SignIn a function"),
        (two, True, "does not take it"),
        (other_three, False, "must take"),
        (other_three, True, "must take"),
    ],
)
def test_a_resolve_account_is_checked_at_start(
    env: dict[str, str], tmp_path: Path, function: Any, finds_user: bool, sentence: str | None
) -> None:
    """A function of two parameters keeps working. Its third is another's, unless it has this name."""
    settings = Settings.from_environment(variables(tmp_path / "valetkey.db", env))
    current_user = (lambda request: None) if finds_user else None
    if sentence is None:
        fastapi.SignIn(settings, resolve_account=function, current_user=current_user)
        assemble(settings, blocking=True, resolve_account=function, finds_user=finds_user)
    else:
        with pytest.raises(SettingsError, match=sentence):
            fastapi.SignIn(settings, resolve_account=function, current_user=current_user)


def test_ids() -> None:
    number = uuid.uuid4()
    for user_id in ("7", 7, number):
        assert user_by_id(user_id) == AppUser(user_id, str(user_id))
    assert user_by_id(None) is user_by_id("") is None
    assert user_by_id(0) == AppUser(0, "0")
    for wrong in (True, False, object(), ["7"], {"id": "7"}):
        with pytest.raises(TypeError, match="the user's id"):
            user_by_id(wrong)


def test_a_page_in_a_shell(env: dict[str, str], tmp_path: Path) -> None:
    """Another app may have the same origin, so the app's own cookie counts there as little as ours."""
    shell = "capacitor://localhost"
    more = {"VALETKEY_DELIVERY": "token", "VALETKEY_ORIGINS": shell, "VALETKEY_RELAY": f"{shell}/relay.html"}
    origins = Origins(Settings.from_environment(variables(tmp_path / "valetkey.db", {**env, **more})))
    find = finder(lambda: "7", ThreadRunner())
    for origin, counts in ((shell, False), (env["VALETKEY_URL"], True)):
        headers = [("origin", origin), ("cookie", "session=x")]
        seen = origins.without_cookies_of_shells(Incoming(method="POST", path="x", headers=headers, find_user=find))
        assert (seen.find_user is find, seen.header("cookie") is not None) == (counts, counts)


@pytest.mark.parametrize("fails_at", ["start", "end"])
def test_a_function_that_fails(env: dict[str, str], provider: Provider, tmp_path: Path, fails_at: str) -> None:
    """It signs nobody in, and the page says that it is the app's fault."""
    app, calls = Flask(__name__), []

    def own() -> Any:
        calls.append(1)
        if len(calls) == (1 if fails_at == "start" else 2):
            raise KeyError("user")
        return "7"

    settings = Settings.from_environment(variables(tmp_path / "valetkey.db", env))
    flask.SignIn(app, settings, resolve_account=three, current_user=own)
    browser = ByWsgi(app, env["VALETKEY_URL"])
    begun = browser.begin()
    if fails_at == "start":
        assert begun.answer.status == 500
        assert "Something went wrong on our side" in begun.answer.text
    else:
        assert browser.come_back(provider.approve(begun.token, **a_person())).code == "app_failed"
    assert browser.session_cookie is None
    app.extensions["valetkey"].close()
