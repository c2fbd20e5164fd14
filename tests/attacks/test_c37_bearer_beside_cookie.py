"""C37: where a request has a bearer, its cookies count for nothing: not when the bearer is another's, nor when it is
none. Else a page's cookie would do what its origin may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Answer, Browser
from support.servers import App, Provider

EVIL = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}


@pytest.mark.parametrize("value", ["x", "a.b.c", "Null", "nullx", "null null", "null=", "ey.ey.ey"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_bearer(
    app: App,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
    method: str,
    value: str,
) -> None:
    profile = browser()
    sign_in(profile, **person)
    ours = {"Origin": app.base, "Sec-Fetch-Site": "same-origin"}
    assert profile.request(method, "/api/me", headers={**ours, "Authorization": f"Bearer {value}"}).status == 401
    assert profile.request(method, "/api/me", headers=ours).status == 200  # the control


@pytest.mark.parametrize("value", ["", " ", "null", " undefined "])
def test_no_bearer_at_all(
    app: App, browser: Callable[[], Browser], person: dict[str, str], sign_in: Callable[..., Answer], value: str
) -> None:
    """A page that writes a missing token into the header presents none. Its cookie counts as without the header: for an
    unsafe method, only from a page of the app. Without a cookie, no user is signed in."""
    profile, nobody = browser(), browser()
    sign_in(profile, **person)
    ours = {"Origin": app.base, "Sec-Fetch-Site": "same-origin"}
    header = {"Authorization": f"Bearer {value}"}
    for method in ("GET", "POST"):
        assert profile.request(method, "/api/me", headers={**ours, **header}).status == 200
        assert nobody.request(method, "/api/me", headers={**ours, **header}).status == 401
    assert profile.request("POST", "/api/me", headers={**EVIL, **header}).status == 403
    assert profile.fetch("GET", "/auth/session", **header).json()["account"] is not None
    assert profile.request("DELETE", "/auth/session", headers={**EVIL, **header}).status == 403
    begun = profile.begin()
    assert profile.fetch("GET", f"/auth/session?login={begun.login}", **header).json()["login"]["state"] == "waiting"
    signed_out = profile.request("DELETE", "/auth/session", headers={**ours, **header})
    assert (signed_out.status, profile.session_cookie) == (204, None)


def test_anothers_bearer(
    browser: Callable[[], Browser], person: dict[str, str], sign_in: Callable[..., Answer]
) -> None:
    """It says who asks; and it needs no page of the app, because no browser adds it by itself."""
    victim, other = browser(), browser()
    sign_in(victim, **person)
    sign_in(other, user_id=person["user_id"] + "7", screen_name="other")
    bearer = {"Authorization": f"Bearer {other.session_cookie}"}
    for method, headers in (("GET", bearer), ("POST", {**bearer, **EVIL})):
        answer = victim.request(method, "/api/me", headers=headers)
        assert answer.status == 200
        assert answer.json()["identities"][0]["subject"] == person["user_id"] + "7"
    assert victim.request("POST", "/api/me", headers=EVIL).status == 403


def test_a_login_under_way(provider: Provider, browser: Callable[[], Browser], person: dict[str, str]) -> None:
    """A callback with a bearer is none of this browser's logins, whatever cookies come with it."""
    profile = browser()
    begun = profile.begin()
    callback = provider.approve(begun.token, **person)
    bearer = {"Authorization": "Bearer x"}
    told = profile.fetch("GET", f"/auth/session?login={begun.login}", **bearer).json()["login"]
    assert told["state"] == "unknown"
    assert profile.come_back(callback, headers=bearer).code == "another_browser"
    assert provider.exchanges == []
    assert profile.session(begun.login)["login"]["state"] == "waiting"  # the control, and the next line
    assert profile.come_back(callback).status == 303
