"""C25: without ``oauth_callback_confirmed=true``, exactly so, nobody is sent anywhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Answer, Browser
from support.servers import App, Provider

VARIANTS = [
    {"remove": ["oauth_callback_confirmed"]},
    {"set": {"oauth_callback_confirmed": "false"}},
    {"set": {"oauth_callback_confirmed": "True"}},
    {"set": {"oauth_callback_confirmed": "TRUE"}},
    {"set": {"oauth_callback_confirmed": "1"}},
    {"set": {"oauth_callback_confirmed": ""}},
    {"set": {"oauth_callback_confirmed": "true "}},
    {"duplicate": ["oauth_callback_confirmed"]},
]


@pytest.mark.parametrize("variant", VARIANTS)
def test_refused_before_navigation(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
    variant: dict[str, object],
) -> None:
    profile = browser()
    provider.fault("request_token", "replace", **variant)
    begun = profile.begin()
    assert begun.answer.status == 502
    assert begun.send_to == ""
    assert provider.origin not in begun.answer.text
    told = profile.collect(begun.login).json()["login"]
    assert told["state"] == "failed"
    assert told["error"]["code"] in ("callback_not_confirmed", "provider_reply_invalid")
    assert len(provider.calls("request_token")) == 1
    sign_in(profile, **person)
