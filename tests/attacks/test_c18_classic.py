"""C18 for pages that make the requests themselves: they send addresses, since they always have, and none decides
anything, but a callback URL that the settings list to the letter."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Browser
from support.classic import begun, brought, me, second, world  # noqa: F401  # fixtures
from support.servers import App, Provider

ELSEWHERE = ["http://169.254.169.254/", "https://evil.test/oauth", "//evil.test", "file:///etc/passwd", "javascript:0"]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_addresses_in_both_requests(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], address: str
) -> None:
    """The article's fields and more: the callback is the configured one, and the login that person's."""
    named = ("url", "authorizationEndpoint", "redirectUri", "requestTokenUrl", "accessTokenUrl", "oauth_callback")
    fields = {**dict.fromkeys(named, address), "user_id": "1", "screen_name": "somebody", "provider": "../evil"}
    profile = browser()
    token = begun(profile, type="1.0", popupOptions={"width": 495, "height": 645}, **fields)
    (asked,) = provider.calls("request_token")
    assert asked["oauth_callback"] == f"{app.base}/auth/twitter"
    answer = second(profile, {**fields, **brought(provider.approve(token, **person))})
    assert set(answer.json()) == {"token"}
    assert me(profile, answer.json()["token"]).json()["identities"][0]["subject"] == person["user_id"]
    assert [one.url for one in profile.seen if not one.url.startswith(app.base)] == []
    assert [one.text for one in profile.seen if address in one.text or address in str(one.headers)] == []
    assert len(provider.exchanges) == 1


@pytest.mark.parametrize(
    "change", ["{}/", "{}?x=1", "{}#", "{}/../evil", "{} ", " {}", "{}%2f", "HTTP{}", "{}\n", "{}."]
)
def test_nearly_the_callback(app: App, provider: Provider, browser: Callable[[], Browser], change: str) -> None:
    """What resembles the configured one is not it, and is not mended."""
    listed = f"{app.base}/auth/twitter"
    asked = change.format(listed.removeprefix("http") if change.startswith("HTTP") else listed)
    begun(browser(), redirectUri=asked)
    (call,) = provider.calls("request_token")
    assert call["oauth_callback"] == listed
