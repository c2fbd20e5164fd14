"""Flask-Login's ``current_user`` from our session, with a table of users of the app's own: the example's very file."""

from __future__ import annotations

import runpy
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from support.servers import SECRET, Provider
from werkzeug.test import TestResponse

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def origin(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def example(
    monkeypatch: pytest.MonkeyPatch, provider: Provider, origin: str, tmp_path: Path
) -> Iterator[dict[str, Any]]:
    values = {
        "TWITTER_CONSUMER_KEY": provider.key,
        "TWITTER_CONSUMER_SECRET": provider.secret,
        "TWITTER_CALLBACK_URL": f"{origin}/auth/twitter",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db",
        "VALETKEY_TWITTER_API": provider.origin,
        "VALETKEY_TWITTER_BROWSER": provider.origin,
        "TMPDIR": str(tmp_path),
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.syspath_prepend(EXAMPLES)
    yield runpy.run_path(str(EXAMPLES / "flask-login" / "app.py"))
    monkeypatch.setattr("tempfile.tempdir", None)


@pytest.fixture
def app(example: dict[str, Any]) -> Flask:
    found: Flask = example["app"]
    return found


def land(client: FlaskClient, provider: Provider, origin: str, persona: str = "ada") -> TestResponse:
    form = {"login": secrets.token_urlsafe(16), "mode": "popup"}
    page = client.post("/auth/twitter", data=form, headers={"Origin": origin, "Accept": "text/html"})
    back = urlsplit(provider.approve(page.headers["Refresh"].partition("oauth_token=")[2], persona))
    return client.get(f"{back.path}?{back.query}", headers={"Accept": "text/html"})


def me(client: FlaskClient) -> tuple[int, Any]:
    answer = client.get("/api/me")
    return answer.status_code, answer.json


def test_current_user_is_the_apps_own(app: Flask, provider: Provider, origin: str) -> None:
    ada, bare = app.test_client(), app.test_client()
    assert me(ada) == (401, {"error": "not signed in"})
    assert land(ada, provider, origin).status_code == land(bare, provider, origin, "bare").status_code == 303
    status, first = me(ada)
    assert (status, first["user"], first["points"], first["identities"][0]["handle"]) == (200, 1, 10, "ada")
    assert me(bare)[1]["user"] == 2
    assert ada.delete("/auth/session", headers={"Origin": origin}).status_code == 204
    assert me(ada)[0] == 401
    land(ada, provider, origin)
    assert me(ada)[1]["user"] == 1  # found again, not made again


def test_flask_logins_guard_has_ours_behind_it(app: Flask, provider: Provider, origin: str) -> None:
    client = app.test_client()
    assert client.post("/api/points", headers={"Origin": origin}).status_code == 401
    land(client, provider, origin)
    assert client.post("/api/points", headers={"Origin": origin}).json == {"points": 9}
    assert client.post("/api/points", headers={"Origin": "http://other.example"}).status_code == 403
    assert me(client)[1]["points"] == 9


def test_who_is_banned_does_not_come_in(example: dict[str, Any], app: Flask, provider: Provider, origin: str) -> None:
    client = app.test_client()
    assert land(client, provider, origin).headers["Location"].partition("?")[0] == "/auth/twitter/done"
    connection = sqlite3.connect(example["DATABASE"])
    with connection:
        connection.execute("UPDATE users SET banned = 1")
    connection.close()
    other = app.test_client()
    assert land(other, provider, origin).headers["Location"] == "/auth/twitter/failed?code=banned#"
    assert me(other)[0] == 401
