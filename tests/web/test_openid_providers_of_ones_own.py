"""The providers of OpenID Connect and OAuth 2.0 that CONTRIBUTING.md adds, built from that very text, sign users in."""

from __future__ import annotations

import json
from runpy import run_path
from typing import Any

import pytest
from support.hostile import Hostile
from support.in_process import InProcess
from support.with_p import NewApp, empty_database, new_app, p, refuses, running_p  # noqa: F401  # fixtures
from support.written import blocks_of, written

from valetkey import Secret

PAGE = "CONTRIBUTING.md"
TWITCH = run_path(str(written(PAGE) / "twitch.py"))
SPOTIFY = run_path(str(written(PAGE) / "spotify.py"))


@pytest.fixture
def app(new_app: NewApp, p: Hostile) -> InProcess:
    """With both, and P in their place."""
    keys: dict[str, Any] = {"client_id": p.client_id, "client_secret": Secret(p.client_secret)}
    p.checks |= {"client", "code", "pkce", "redirect", "token"}
    twitch = TWITCH["twitch"](**keys, issuer=f"{p.origin}/twitch")
    return new_app((twitch, SPOTIFY["spotify"](**keys, base=f"{p.origin}/spotify")))


@pytest.mark.parametrize("name", ["twitch.py", "spotify.py"])
def test_each_is_thirty_lines(name: str) -> None:
    code = [line for line in blocks_of(PAGE)[name].splitlines() if line.strip()]
    assert 15 < len(code) <= 34


def sign_in(app: InProcess, p: Hostile, name: str, **claims: object) -> dict[str, Any]:
    browser = app.browser()
    begun = browser.begin_at(name)
    assert begun.answer.status == 200, begun.answer.text
    assert browser.come_back(p.approve(begun.send_to, **claims)).status == 303
    (identity,) = browser.account()["identities"]
    assert identity["provider"] == name
    return dict(identity)


def test_twitch_signs_in(app: InProcess, p: Hostile) -> None:
    """By its ID token, and without a profile request; the secret is in the body."""
    identity = sign_in(app, p, "twitch")
    assert (identity["subject"], identity["handle"], identity["email"]) == ("1815", "ada", "ada@example.com")
    assert identity["email_verified"] is True
    (start,) = p.calls("authorize")
    assert json.loads(start.field("claims") or "")["id_token"]["email_verified"] is None
    assert start.field("scope") == "openid user:read:email"
    (exchange,) = p.calls("token")
    assert exchange.field("client_secret") == p.client_secret
    assert "authorization" not in exchange.headers
    assert p.calls("profile", "userinfo") == []


def test_spotify_signs_in(app: InProcess, p: Hostile) -> None:
    """By its profile; its address is never verified, and the secret is in the header."""
    p.replace(
        "profile", body={"account_id": "wizzler", "display_name": "Ada L", "email": "ada@example.com", "verified": True}
    )
    identity = sign_in(app, p, "spotify")
    assert (identity["subject"], identity["handle"], identity["name"]) == ("wizzler", None, "Ada L")
    assert (identity["email"], identity["email_verified"]) == ("ada@example.com", False)
    (exchange,) = p.calls("token")
    assert exchange.field("client_secret") is None
    assert exchange.headers["authorization"].startswith("Basic ")
    assert [one.path for one in p.calls("profile")] == ["/spotify/v1/me"]


@pytest.mark.parametrize("subject", [None, 7, "", "None", ["7"]])
def test_who_has_no_id_is_nobody(app: InProcess, p: Hostile, subject: object) -> None:
    p.replace("profile", body={"account_id": subject, "display_name": "Ada L"})
    for _ in range(2):
        refuses(app, p, "spotify", calls=("token", "profile"))
        refuses(app, p, "twitch", sub=subject)
    assert app.identities() == {}
