"""C14: the page that calls its opener's functions does so for the login that this browser began by a classic request,
and for no other: with another login's id it says nothing of who is signed in."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from support.browser import Answer, Browser
from support.servers import App, Provider


def last_page(profile: Browser, login: str) -> str:
    answer = profile.visit(f"/auth/twitter/done?login={login}&classic=1")
    assert answer.status == 200
    return answer.text


def test_for_its_own_login_only(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], sign_in: Callable[..., Answer]
) -> None:
    profile, stranger = browser(), browser()
    answer = profile.fetch("POST", "/auth/twitter", {"name": "twitter"})
    (login,) = (name.rpartition("-login-")[2] for name in profile.login_cookies)
    profile.come_back(provider.approve(answer.json()["oauth_token"], **person))
    assert person["screen_name"] in last_page(profile, login)  # the control
    another = stranger.begin().login
    for other in (secrets.token_urlsafe(16), "A" * 22, another):
        assert person["screen_name"] not in last_page(profile, other)
    assert person["screen_name"] not in last_page(stranger, login)
    sign_in(stranger, user_id=person["user_id"] + "3", screen_name="stranger")
    for text in (last_page(stranger, login), last_page(stranger, another)):
        assert person["screen_name"] not in text
        assert "stranger" not in text
