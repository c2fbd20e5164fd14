"""C13: whatever stands in a name or a picture of a profile is text, and never runs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.browser import Browser
from support.fixtures import profile_world  # noqa: F401  # fixture
from support.servers import App, Provider

NAMES = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "a\u2028b\u2029c",
    "line\r\nend\0nul",
    "\u202egnp.exe",
    "{{7*7}} ${7*7} %s",
    "\ud83d half of a character",
    "x" * 5000,
]
PICTURES = [
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "http://evil.test/a.png",
    "//evil.test/a.png",
    'https://a.example/"onerror="alert(1)',
    "https://[bad",
    "x" * 5000,
    5,
]


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_names_are_text(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], number: int
) -> None:
    """Kept as text without controls, sent as JSON that a browser does not take for a page, on no page of ours."""
    profile = browser()
    begun = profile.begin()
    reply = {"id_str": person["user_id"], "screen_name": NAMES[number][:20], "name": NAMES[number]}
    provider.fault("verify_credentials", "status", status=200, body=json.dumps(reply), content_type="application/json")
    answer = profile.come_back(provider.approve(begun.token, **person))
    done = profile.visit(answer.header("location") or "")
    assert "alert" not in done.text
    told = profile.me()
    assert (told.header("content-type") or "").startswith("application/json")
    account = told.json()
    # The handle of the exchange is the one that counts; a handle that is none is no handle.
    assert account["identities"][0]["handle"] == person["screen_name"]
    name = account["name"]
    assert name is None or (len(name) <= 200 and not set(name) & set("\r\n\0\u2028\u2029"))
    kept = app.query("SELECT name FROM identities WHERE subject = ?", person["user_id"])
    assert kept == [(name,)]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda one: str(one)[:30])
def test_pictures_are_addresses_or_nothing(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], picture: object
) -> None:
    profile = browser()
    for sent in (picture, "https://pics.example/a.png"):  # the second is the control
        begun = profile.begin()
        reply = {"id_str": person["user_id"], "screen_name": "x", "name": "n", "profile_image_url_https": sent}
        provider.fault(
            "verify_credentials", "status", status=200, body=json.dumps(reply), content_type="application/json"
        )
        profile.come_back(provider.approve(begun.token, **person))
        shown = profile.me().json()["picture"]
        if sent == picture:
            assert shown is None
        else:
            assert shown == sent
