"""``manage.py check`` says what is wrong before anybody clicks: each with its id, and nothing where nothing is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from support import django_site

django_site.configure()

from django.contrib.auth.models import AbstractBaseUser  # noqa: E402
from django.core import checks  # noqa: E402
from django.db import models  # noqa: E402
from django.db.utils import OperationalError  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import override_settings  # noqa: E402
from django.urls import get_script_prefix, include, path, set_script_prefix  # noqa: E402

from valetkey.frameworks.django import conf, test_run  # noqa: E402
from valetkey.testing import Sandbox  # noqa: E402

SECRET = "Zq3vB9xT5mK8wR1yL6pN4sD7fG0hJ2cA"
HTTPS = {"TWITTER_CALLBACK_URL": "https://app.example.com/auth/twitter"}
SIGN_IN = "valetkey.frameworks.django.middleware.SignInMiddleware"
MIDDLEWARE = django_site.MIDDLEWARE
urlpatterns = [path("login/", include("valetkey.frameworks.django.urls"))]  # for a test of routes elsewhere
WITHOUT = [one for one in MIDDLEWARE if one != SIGN_IN]


@pytest.fixture(autouse=True)
def environment(valetkey_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    conf.forget()
    database = tmp_path / "valetkey.db"
    for name, value in (valetkey_sandbox.environment | {"VALETKEY_DATABASE": f"sqlite:///{database}"}).items():
        monkeypatch.setenv(name, value)
    yield database
    conf.forget()


def found(**options: Any) -> dict[str, str]:
    """By id, what it says with its hint. Of the app's own messages, those of valetkey."""
    messages = checks.run_checks(**options)
    ours = [one for one in messages if (one.id or "").startswith("valetkey.")]
    return {one.id.removeprefix("valetkey."): f"{one.msg} {one.hint or ''}" for one in ours}


def severs(get_response: Any) -> Any:
    def middleware(request: Any) -> HttpResponse:
        response: HttpResponse = get_response(request)
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    return middleware


def hardens_cookies(get_response: Any) -> Any:
    def middleware(request: Any) -> HttpResponse:
        response: HttpResponse = get_response(request)
        for name in list(response.cookies):
            del response.cookies[name]
        return response

    return middleware


def asks_for_a_password(get_response: Any) -> Any:
    return lambda request: HttpResponse("password?", status=401)


def has_no_tables(get_response: Any) -> Any:
    def middleware(request: Any) -> HttpResponse:
        raise OperationalError("no such table: people")

    return middleware


def is_broken(get_response: Any) -> Any:
    def middleware(request: Any) -> HttpResponse:
        raise KeyError("a secret")

    return middleware


def test_nothing_is_wrong() -> None:
    assert found() == {}
    with override_settings(VALETKEY=HTTPS, SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")):
        assert found(include_deployment_checks=True) == {}
    assert found(databases=["default"]) == {}


def test_it_asks_no_database() -> None:
    """No test here may: pytest-django would raise."""
    assert found() == {}


@pytest.mark.parametrize(
    ("callback", "says"),
    [
        ({}, "no setting says so"),
        ({"TWITTER_CALLBACK_URL": "https://app.example.com/in/twitter"}, "callback URL says"),
    ],
)
def test_routes_elsewhere(callback: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only the address is set, the message does not name a callback URL that nobody wrote."""
    monkeypatch.delenv("TWITTER_CALLBACK_URL")
    keys = {
        "TWITTER_CONSUMER_KEY": "key",
        "TWITTER_CONSUMER_SECRET": "canary",
        "TWITTER_API": "",
        "TWITTER_BROWSER": "",
    }
    said = {"URL": "https://app.example.com", "SECRET": SECRET, **keys, **callback}
    with override_settings(VALETKEY=said, ROOT_URLCONF=__name__):
        messages = found()
    assert list(messages) == ["E004"]
    assert says in messages["E004"]
    if not callback:
        # What it says to set is what helps.
        name, _, value = messages["E004"].partition("or set ")[2].split()[0].partition("=")
        with override_settings(VALETKEY=said | {name.removeprefix("VALETKEY_"): value}, ROOT_URLCONF=__name__):
            assert "E004" not in found()


@pytest.mark.parametrize(
    "said",
    [
        {"URL": "http://127.0.0.1:8000/app", "TWITTER_CALLBACK_URL": ""},
        {"TWITTER_CALLBACK_URL": "http://127.0.0.1:8000/app/auth/twitter"},
    ],
)
def test_an_app_below_a_path(said: dict[str, str]) -> None:
    """``FORCE_SCRIPT_NAME``, which ``django.setup`` puts before every path that is reversed."""
    before = get_script_prefix()
    set_script_prefix("/app/")
    try:
        with override_settings(VALETKEY=said, FORCE_SCRIPT_NAME="/app"):
            assert found() == {}
    finally:
        set_script_prefix(before)


def test_the_old_path_of_the_middleware() -> None:
    old = SIGN_IN.replace("valetkey.frameworks.", "valetkey.web.")
    with override_settings(MIDDLEWARE=[old if one == SIGN_IN else one for one in MIDDLEWARE]):
        assert found() == {}
    with override_settings(MIDDLEWARE=[old, *WITHOUT]):
        assert list(found()) == ["E006"]


def test_an_app_without_x(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another provider, an address, and secrets in files, by keys of the dict; no variable of X's is set."""
    for name in ("TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET", "TWITTER_CALLBACK_URL"):
        monkeypatch.delenv(name)
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    (tmp_path / "flickr").write_text("secret-of-flickr\n")
    said = {
        "URL": "https://app.example.com",
        "PROVIDERS": ["flickr"],
        "FLICKR_CONSUMER_KEY": "key-of-flickr",
        "FLICKR_CONSUMER_SECRET_FILE": tmp_path / "flickr",
        "SECRET_FILE": tmp_path / "secret",
    }
    with override_settings(VALETKEY=said):
        assert found() == {}
        settings = conf.read_settings()
    assert [one.name for one in settings.providers] == ["flickr"]
    assert settings.callback_of("flickr") == "https://app.example.com/auth/flickr"
    assert [one.reveal() for one in settings.secrets] == [SECRET]


@pytest.mark.parametrize(
    ("changed", "number", "says"),
    [
        ({"VALETKEY": {"TWITTER_CALLBACK_URL": "nonsense"}}, "E001", "TWITTER_CALLBACK_URL"),
        ({"VALETKEY": {"TWITTER_CONSUMER_KEY": ""}}, "E001", "TWITTER_CONSUMER_KEY"),
        ({"VALETKEY": {"DATABASE": "mysql://x"}}, "E001", "VALETKEY_DATABASE"),
        ({"VALETKEY": ["SECRET"]}, "E001", "dict"),
        ({"VALETKEY": {"TWITER_CALLBACK_URL": "x"}}, "E002", "Did you mean TWITTER_CALLBACK_URL?"),
        ({"VALETKEY": {"VALETKEY_SECRET": SECRET}}, "E002", "Did you mean SECRET?"),
        ({"VALETKEY": {"colour": "red"}}, "E002", "There are"),
        ({"VALETKEY": {"SECRET": "short"}}, "E003", "VALETKEY_SECRET"),
        ({"VALETKEY": {"SECRET": ""}, "SECRET_KEY": "short"}, "E003", "SECRET_KEY"),
        ({"VALETKEY": {"SECRET": ""}, "SECRET_KEY": "changeme" * 8}, "E003", "SECRET_KEY"),
        (
            {"VALETKEY": {"SECRET": "", **HTTPS}, "SECRET_KEY": f"django-insecure-{SECRET}"},
            "E003",
            "SECRET_KEY",
        ),
        (
            {
                "VALETKEY": {"SECRET": "", "URL": "https://app.example.com", "TWITTER_CALLBACK_URL": ""},
                "SECRET_KEY": f"django-insecure-{SECRET}",
            },
            "E003",
            "SECRET_KEY",
        ),
        (
            # a scheme, however it is written
            {
                "VALETKEY": {"SECRET": "", "TWITTER_CALLBACK_URL": " HTTPS://app.example.com/auth/twitter"},
                "SECRET_KEY": f"django-insecure-{SECRET}",
            },
            "E003",
            "SECRET_KEY",
        ),
        ({"ROOT_URLCONF": "support.nowhere"}, "E004", 'path("auth/", include("valetkey.frameworks.django.urls"))'),
        ({"VALETKEY": {"TWITTER_CALLBACK_URL": "http://127.0.0.1:8000/in/twitter"}}, "E004", "/in/"),
        ({"VALETKEY": {"RESOLVE_ACCOUNT": "nowhere.at_all"}}, "E005", "nowhere"),
        ({"VALETKEY": {"RESOLVE_ACCOUNT": "support.django_urls.awho"}}, "E005", "plain function"),
        ({"MIDDLEWARE": [SIGN_IN, *WITHOUT]}, "E006", "right after"),
        ({"MIDDLEWARE": ["web.test_django_checks.severs", *MIDDLEWARE]}, "E007", "Cross-Origin-Opener-Policy"),
        ({"MIDDLEWARE": ["web.test_django_checks.hardens_cookies", *MIDDLEWARE]}, "E007", "cookies"),
        ({"MIDDLEWARE": ["web.test_django_checks.asks_for_a_password", *MIDDLEWARE]}, "E007", "401"),
        ({"ALLOWED_HOSTS": ["other.example"]}, "E007", "hosts"),
        ({"MIDDLEWARE": WITHOUT}, "W001", "SignInMiddleware"),
        ({"DEBUG": True, "VALETKEY": HTTPS}, "W002", "DEBUG"),
    ],
)
def test_what_is_wrong(changed: dict[str, Any], number: str, says: str) -> None:
    with override_settings(**changed):
        messages = found()
    assert list(messages) == [number]
    assert says in messages[number]
    assert SECRET not in str(messages)


@pytest.mark.parametrize(
    ("changed", "number", "says"),
    [
        ({"VALETKEY": HTTPS}, "W003", "SECURE_PROXY_SSL_HEADER"),
        ({}, "W004", "https"),
    ],
)
def test_what_is_wrong_where_it_is_deployed(changed: dict[str, Any], number: str, says: str) -> None:
    with override_settings(**changed):
        assert found() == {}
        messages = found(include_deployment_checks=True)
    assert list(messages) == [number]
    assert says in messages[number]


def test_a_user_model_without_a_name() -> None:
    """As the check sees one: Django's own cannot be swapped in a process that runs."""

    class Person(AbstractBaseUser):
        email = models.EmailField(unique=True)
        USERNAME_FIELD = "email"

        class Meta:
            app_label = "of_a_test"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("valetkey.frameworks.django.checks.get_user_model", lambda: Person)
        assert "RESOLVE_ACCOUNT" in found()["E005"]
        with override_settings(VALETKEY={"RESOLVE_ACCOUNT": "valetkey.frameworks.django.users.resolve_account"}):
            assert found() == {}


def test_a_test_run_has_providers_that_the_project_may_not_have(
    monkeypatch: pytest.MonkeyPatch, valetkey_sandbox: Sandbox
) -> None:
    """In it nothing is configured, so some of them send no address."""
    silent = mock.Mock(return_value={"email": [mock.Mock(title="X")]})
    monkeypatch.setattr("valetkey.frameworks.django.user_model.UserModel.without_email", silent)
    assert "E005" in found()
    for name in valetkey_sandbox.environment:
        monkeypatch.delenv(name)
    assert found() == {}


def test_keys_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error where users sign in, and a warning under DEBUG. What is set is judged all the same."""
    monkeypatch.setattr(test_run, "is_on", lambda: False)
    for name in ("TWITTER_CONSUMER_KEY", "TWITTER_CALLBACK_URL"):
        monkeypatch.delenv(name)
    try_it = "To try it without keys, set VALETKEY_SANDBOX=1."
    assert try_it in found()["E001"]
    with override_settings(DEBUG=True):
        conf.forget()
        said = found()
        assert list(said) == ["W005"] and "TWITTER_CONSUMER_KEY" in said["W005"] and try_it in said["W005"]
        assert list(found(include_deployment_checks=True)) == ["W005", "E001"]
        for wrong in ({"DELIVERY": "nonsense"}, {"URL": "nonsense"}, {"ORIGINS": "x"}):
            with override_settings(VALETKEY=wrong):
                assert list(found()) == ["E001"]
        with override_settings(VALETKEY={"DATABASE": "mysql://x"}):
            assert "VALETKEY_DATABASE" in found()["E001"]
        with override_settings(VALETKEY={"COLOUR": "red"}):
            assert list(found()) == ["E002"]
        with override_settings(SECRET_KEY="short", VALETKEY={"SECRET": ""}):
            assert list(found()) == ["E003"]
    conf.forget()


@pytest.mark.parametrize(("said", "is_on"), [(True, True), ("1", True), (False, False), (None, False)])
def test_the_sandbox_mode_in_the_dict(
    said: object, is_on: bool, monkeypatch: pytest.MonkeyPatch, valetkey_sandbox: Sandbox
) -> None:
    monkeypatch.setattr(test_run, "is_on", lambda: False)
    if is_on:
        for name in valetkey_sandbox.environment:
            monkeypatch.delenv(name)
    with override_settings(VALETKEY={"SANDBOX": said}):
        settings = conf.read_settings()
        assert settings.sandbox is is_on
        assert not is_on or [one.name for one in settings.providers][:1] == ["google"]


@pytest.mark.parametrize(("said", "is_on"), [(True, True), ("on", True), (False, False), ("off", False), (None, False)])
def test_a_switch_in_the_dict(said: object, is_on: bool) -> None:
    with override_settings(VALETKEY={"TWITTER_EMAIL": said}):
        (x,) = conf.read_settings().providers
        assert x.verifies_email is is_on


def test_a_database_of_a_later_version(environment: Path) -> None:
    assert found(databases=["default"]) == {}
    conf.forget()
    with sqlite3.connect(environment) as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    assert "E008" in found(databases=["default"])


def test_an_app_that_cannot_answer_yet(caplog: pytest.LogCaptureFixture) -> None:
    """Before its tables are made, say: that is no fault of the settings."""
    with override_settings(MIDDLEWARE=[*MIDDLEWARE, "web.test_django_checks.has_no_tables"]):
        assert found() == {}
    assert "could not answer yet (OperationalError)" in caplog.text


def test_a_middleware_that_raises() -> None:
    """It would raise at each sign-in, too. The sentence has the line, and not the exception's text."""
    with override_settings(MIDDLEWARE=[*MIDDLEWARE, "web.test_django_checks.is_broken"]):
        told = found()["E007"]
    assert f"fails at GET /auth/twitter/failed with KeyError, raised at {__file__}:" in told
    assert "a secret" not in told


def test_mounted_below_a_path_of_the_servers() -> None:
    elsewhere = {"TWITTER_CALLBACK_URL": "http://127.0.0.1:8000/app/auth/twitter"}
    with override_settings(VALETKEY=elsewhere):
        assert found() == {}


def test_of_the_dict_and_the_environment_the_dict_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VALETKEY_SESSION_DAYS", "3")
    assert conf.read_settings().session_days == 3
    with override_settings(VALETKEY={"SESSION_DAYS": 7, "ORIGINS": ["https://a.example", "https://b.example"]}):
        settings = conf.read_settings()
    assert settings.session_days == 7
    assert settings.origins == ("https://a.example", "https://b.example")


def test_djangos_own_secret_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newest first, with its fallbacks; and none of them is used as it is."""
    monkeypatch.delenv("VALETKEY_SECRET")
    with override_settings(SECRET_KEY=SECRET, SECRET_KEY_FALLBACKS=[SECRET[::-1]]):
        first, second = (one.reveal() for one in conf.read_settings().secrets)
    with override_settings(SECRET_KEY=SECRET[::-1]):
        (alone,) = (one.reveal() for one in conf.read_settings().secrets)
    assert second == alone != first
    assert SECRET not in (first, second)
    # As version 0.1.0 derived it: an update of the app signs no user out.
    assert first == "cdc3f7f0a9b4ef4f18e5766e98540994d180255013a0ff341f18b05ed2e6bdbe"


def test_the_dict_describes_a_server_too() -> None:
    """A provider that variables alone describe; its keys are known, and misspelt ones are found."""
    acme: dict[str, object] = {
        "PROVIDERS": ["twitter", "acme"],
        "ACME_ISSUER": "http://127.0.0.1:8001/oidc",
        "ACME_CLIENT_ID": "id",
        "ACME_TITLE": "Acme Inc.",
    }
    with override_settings(VALETKEY=acme):
        assert conf.unknown_keys() == []
        settings = conf.read_settings()
        assert [(one.name, one.title) for one in settings.providers] == [("twitter", "X"), ("acme", "Acme Inc.")]
    with override_settings(VALETKEY={**acme, "ACME_TITEL": "x", "SESSIONS_DAYS": 7}):
        assert conf.unknown_keys() == [
            "Unknown: VALETKEY['ACME_TITEL']. Did you mean ACME_TITLE?",
            "Unknown: VALETKEY['SESSIONS_DAYS']. Did you mean SESSION_DAYS?",
        ]
    with override_settings(VALETKEY={**acme, "PROVIDERS": "twitter"}):
        assert len(conf.unknown_keys()) == 3
