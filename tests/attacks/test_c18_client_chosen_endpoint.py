"""C18: whatever address, host or user a client names decides nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Browser
from support.fronts import at_both
from support.servers import App, Provider
from support.wire import mentions

ELSEWHERE = [
    "http://169.254.169.254/",
    "https://evil.test/oauth",
    "//evil.test",
    "file:///etc/passwd",
    "http://127.0.0.1:1",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_addresses_in_the_payload(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], address: str
) -> None:
    """The article's own fields, and some that others have had: ignored, and the login lands all the same."""
    payload = {
        "name": "twitter",
        "url": address,
        "authorizationEndpoint": address,
        "redirectUri": address,
        "type": "1.0",
        "popupOptions": {"width": 495, "height": 645},
        "requestTokenUrl": address,
        "userId": "1",
        "user_id": "1",
        "oauth_callback": address,
        "provider": "../evil",
    }
    profile = browser()
    answer = profile.fetch("POST", "/auth/twitter", payload)
    assert answer.status == 200, answer.text
    assert address not in answer.text
    (asked,) = provider.calls("request_token")
    assert asked["oauth_callback"] == f"{app.base}/auth/twitter"
    profile.come_back(provider.approve(answer.json()["oauth_token"], **person))
    assert profile.account()["identities"][0]["subject"] == person["user_id"]


@pytest.mark.parametrize(
    "path",
    [
        "../evil",
        "twitter/../evil",
        "..%2f..%2fetc",
        "http:%2f%2fevil.test",
        "TWITTER",
        "twitter%00",
        "twitter.evil",
        "x",
    ],
)
def test_providers_that_are_not(provider: Provider, browser: Callable[[], Browser], path: str) -> None:
    answer = browser().fetch("POST", f"/auth/{path}", {})
    assert answer.status in (404, 405)
    assert provider.journal == []


@at_both
def test_a_form_cannot_send_the_popup_elsewhere(provider: Provider, browser: Callable[[], Browser]) -> None:
    begun = browser().begin(
        authorizationEndpoint="https://evil.test", url="https://evil.test", redirectUri="https://evil.test"
    )
    assert begun.send_to.startswith(f"{provider.origin}{provider.front.path}/")
    assert begun.token
    assert not mentions(begun.answer.text, "evil")
