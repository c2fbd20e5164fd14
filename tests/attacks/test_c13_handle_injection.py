"""C13: what stands in the handle of the exchange, and is no handle, is shown nowhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Browser
from support.servers import Provider


@pytest.mark.parametrize("handle", ["<script>", "a b", "a\nb", "é", "", "x" * 60])
def test_a_handle_that_is_none_is_none(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], handle: str
) -> None:
    """The person signs in all the same: the id says who it is."""
    profile = browser()
    begun = profile.begin()
    provider.fault("access_token", "replace", set={"screen_name": handle})
    answer = profile.come_back(provider.approve(begun.send_to, **person))
    if answer.code is None:
        assert profile.account()["identities"][0]["handle"] in (None, person["screen_name"])
        assert profile.account()["identities"][0]["subject"] == person["user_id"]
    else:
        assert answer.code == "provider_reply_invalid"
        assert profile.account() is None
