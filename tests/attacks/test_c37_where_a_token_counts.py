"""C37, the place: a pass counts in an Authorization header, and in no address, form or body, where logs, histories and
other sites' forms could put it or find it. RFC 6750 §2.2 and §2.3 are not offered."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from support.browser import Browser
from support.classic import handed, me, world  # noqa: F401  # fixtures
from support.servers import App, Provider

NAMES = ["access_token", "token", "bearer", "authorization", "Authorization", "valetkey-session", "session", "jwt"]
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def token(provider: Provider, browser: Callable[[], Browser], person: dict[str, str]) -> str:
    return handed(browser(), provider, person)


@pytest.mark.parametrize("name", NAMES)
def test_not_in_an_address(browser: Callable[[], Browser], token: str, name: str) -> None:
    profile = browser()
    for value in (token, f"Bearer {token}"):
        query = urlencode({name: value})
        assert profile.request("GET", f"/api/me?{query}").status == 401
        assert profile.fetch("GET", f"/auth/session?{query}").json()["account"] is None
    assert me(profile, token).status == 200


@pytest.mark.parametrize("name", NAMES)
def test_not_in_a_body(browser: Callable[[], Browser], token: str, name: str) -> None:
    """As a form or as JSON, and whatever comes of it, no cookie does."""
    profile = browser()
    ours = {"Origin": profile.base, "Sec-Fetch-Site": "same-origin", "Content-Type": FORM}
    answers = [
        profile.fetch("POST", "/auth/session", {name: token}),
        profile.request("POST", "/auth/session", body=urlencode({name: token}), headers=ours),
        profile.request("POST", f"/auth/session?{urlencode({name: token})}", body="", headers=ours),
    ]
    for answer in answers:
        assert answer.status == 200
        assert answer.json()["account"] is None
        assert answer.all("set-cookie") == []
    assert profile.cookies == {}
    assert me(profile, token).status == 200


def test_not_by_another_scheme(browser: Callable[[], Browser], token: str) -> None:
    profile = browser()
    basic = b64encode(f"{token}:".encode()).decode()
    for value in (token, f"Token {token}", f"JWT {token}", f"Basic {basic}", f"Bearer:{token}", f'Bearer "{token}"'):
        assert profile.request("GET", "/api/me", headers={"Authorization": value}).status == 401
    for name in ("X-Access-Token", "X-Authorization", "Proxy-Authorization", "Token"):
        assert profile.request("GET", "/api/me", headers={name: f"Bearer {token}"}).status == 401
    assert profile.request("GET", "/api/me", headers={"Authorization": f"bearer {token}"}).status == 200


@pytest.mark.parametrize("name", ["access_token", "token", "authorization"])
def test_nobody_is_signed_out_by_an_address(app: App, browser: Callable[[], Browser], token: str, name: str) -> None:
    """The same for what ends a session: only the header names it."""
    profile = browser()
    live = "SELECT count(*) FROM sessions WHERE revoked_at IS NULL"
    before = app.query(live)
    assert profile.fetch("DELETE", f"/auth/session?{urlencode({name: token})}").status == 204
    assert app.query(live) == before
    assert me(profile, token).status == 200
    assert profile.fetch("DELETE", "/auth/session", Authorization=f"Bearer {token}").status == 204
    assert app.query(live) == [(before[0][0] - 1,)]
    assert me(profile, token).status == 401
