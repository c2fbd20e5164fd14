"""C30: an exchange without a usable id signs nobody in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Answer, Browser
from support.servers import App, Provider


@pytest.mark.parametrize(
    "variant",
    [{"remove": ["user_id"]}, {"set": {"user_id": "0"}}, {"set": {"user_id": ""}}, {"duplicate": ["user_id"]}],
)
def test_in_the_exchange(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
    variant: dict[str, object],
) -> None:
    before = app.all_rows()
    profile = browser()
    begun = profile.begin()
    provider.fault("access_token", "replace", **variant)
    assert profile.come_back(provider.approve(begun.token, **person)).code == "provider_reply_invalid"
    assert profile.account() is None
    assert {**app.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}
    sign_in(profile, **person)
