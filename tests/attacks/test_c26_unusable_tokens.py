"""C26: a reply whose token or secret is empty, or holds what no token does, ends the login where it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Answer, Browser
from support.servers import App, Provider

UNUSABLE = ["", " ", "two words", "nul\0", "line\n", "escape\x1b", "delete\x7f", "\u00e9", "\u3000"]


@pytest.mark.parametrize("value", UNUSABLE, ids=ascii)
@pytest.mark.parametrize("field", ["oauth_token", "oauth_token_secret"])
@pytest.mark.parametrize("endpoint", ["request_token", "access_token"])
def test_nobody_is_sent_on_or_signed_in(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
    endpoint: str,
    field: str,
    value: str,
) -> None:
    before = app.all_rows()
    profile = browser()
    if endpoint == "request_token":
        provider.fault(endpoint, "replace", set={field: value})
        begun = profile.begin()
        assert (begun.answer.status, begun.send_to) == (502, "")
    else:
        begun = profile.begin()
        provider.fault(endpoint, "replace", set={field: value})
        assert profile.come_back(provider.approve(begun.token, **person)).code == "provider_reply_invalid"
    assert len(provider.calls(endpoint)) == 1
    assert profile.account() is None
    assert {**app.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}
    assert profile.collect(begun.login).json()["login"]["error"]["code"] == "provider_reply_invalid"
    sign_in(profile, **person)
